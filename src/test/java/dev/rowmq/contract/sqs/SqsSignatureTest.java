package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.Http;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SqsException;

/** Signed calls of Amazon SQS's API, with configured keys. */
class SqsSignatureTest {

    private static final String ADMIN = "admin-secret-0123456789";
    private static final String SEND = "send-secret-0123456789x";

    private static RunningService service;

    @BeforeAll
    static void start() {
        service = new RunningService(
                TestDatabase.H2.freshUrl(),
                "rowmq.security.api-keys[0].name=admin",
                "rowmq.security.api-keys[0].secret=" + ADMIN,
                "rowmq.security.api-keys[0].role=admin",
                "rowmq.security.api-keys[1].name=producer",
                "rowmq.security.api-keys[1].secret=" + SEND,
                "rowmq.security.api-keys[1].role=send",
                "rowmq.security.api-keys[2].name=hashed",
                "rowmq.security.api-keys[2].secret=sha256:" + "0".repeat(64),
                "rowmq.security.api-keys[2].role=admin");
        try (SqsClient admin = client("admin", ADMIN)) {
            admin.createQueue(create -> create.queueName("orders"));
        }
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static SqsClient client(String key, String secret) {
        return client(URI.create(service.http().base()), key, secret);
    }

    private static SqsClient client(URI endpoint, String key, String secret) {
        return SqsClient.builder()
                .endpointOverride(endpoint)
                .region(Region.EU_WEST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(key, secret)))
                .overrideConfiguration(override -> override.retryStrategy(retry -> retry.maxAttempts(1)))
                .build();
    }

    @Test
    void the_roles_of_a_key_hold() {
        try (SqsClient producer = client("producer", SEND)) {
            String url = producer.getQueueUrl(get -> get.queueName("orders")).queueUrl();
            producer.sendMessage(send -> send.queueUrl(url).messageBody("m"));
            assertThatThrownBy(() -> producer.receiveMessage(receive -> receive.queueUrl(url)))
                    .isInstanceOfSatisfying(SqsException.class, denied -> {
                        assertThat(denied.statusCode()).isEqualTo(403);
                        assertThat(denied.awsErrorDetails().errorCode()).isEqualTo("AccessDenied");
                    });
            assertThatThrownBy(() -> producer.deleteQueue(delete -> delete.queueUrl(url)))
                    .isInstanceOf(SqsException.class);
        }
    }

    @Test
    void an_unknown_key_a_wrong_secret_and_a_hashed_secret_are_refused() {
        refused("nobody", ADMIN, "InvalidClientTokenId");
        refused("admin", SEND, "SignatureDoesNotMatch");
        refused("hashed", ADMIN, "InvalidClientTokenId");
    }

    private static void refused(String key, String secret, String code) {
        try (SqsClient client = client(key, secret)) {
            assertThatThrownBy(client::listQueues)
                    .isInstanceOfSatisfying(SqsException.class, denied -> {
                        assertThat(denied.statusCode()).isEqualTo(403);
                        assertThat(denied.awsErrorDetails().errorCode()).isEqualTo(code);
                    });
        }
    }

    @Test
    void a_call_without_a_signature_is_refused_as_sqs_does() {
        Http.Answer answer = new SqsCaller(service.http()).call("ListQueues", "{}");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.json().path("__type").asString()).isEqualTo("com.amazonaws.sqs#MissingAuthenticationToken");
        assertThat(new SqsCaller(service.http().withKey(ADMIN)).call("ListQueues", "{}").status()).isEqualTo(200);
    }

    /** Each byte that is signed, and each byte of the signature, is changed in turn. */
    @Test
    void a_signed_request_with_any_byte_changed_is_refused() throws Exception {
        byte[] request = captured();
        String text = new String(request, StandardCharsets.ISO_8859_1);
        assertThat(status(request)).as(text).isEqualTo(200);
        int head = text.indexOf("\r\n\r\n");
        int accepted = 0;
        for (int i = 0; i < request.length; i++) {
            if (mayChange(text, head, i)) {
                continue;
            }
            byte[] changed = request.clone();
            // not the other case of a letter, as the names of headers have none
            changed[i] = (byte) (changed[i] == 'a' || changed[i] == 'A' ? 'b' : 'a');
            if (status(changed) == 200) {
                accepted++;
                assertThat(i).as("byte %d of %s", i, text).isNegative();
            }
        }
        assertThat(accepted).isZero();
    }

    /** Line ends, the version, and headers that are not signed. */
    private static boolean mayChange(String text, int head, int i) {
        if (i >= head) {
            return i < head + 4;
        }
        int begin = text.lastIndexOf("\r\n", i) + 2;
        if (text.lastIndexOf("\r\n", i) < 0 || text.charAt(i) == '\r' || text.charAt(i) == '\n') {
            return text.lastIndexOf("\r\n", i) < 0 ? i > "POST /".length() - 1 : true;
        }
        String line = text.substring(begin, text.indexOf("\r\n", begin)).toLowerCase();
        String name = line.substring(0, line.indexOf(':'));
        boolean signed = name.equals("authorization")
                || text.contains("SignedHeaders=" + name + ";")
                || text.contains(";" + name + ";")
                || text.contains(";" + name + ",");
        // the length and the connection are of the transport; a blank may be any white space
        return !signed || name.equals("content-length") || text.charAt(i) == ' ';
    }

    private static int status(byte[] request) throws IOException {
        URI base = URI.create(service.http().base());
        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request);
            byte[] answer = socket.getInputStream().readNBytes(12);
            String line = new String(answer, StandardCharsets.US_ASCII);
            return line.startsWith("HTTP/1.1 ") ? Integer.parseInt(line.substring(9, 12)) : 0;
        }
    }

    /** A request of the SDK, as a server that never answers receives it, signed for the address of the service. */
    private static byte[] captured() throws Exception {
        try (ServerSocket server = new ServerSocket(0)) {
            CompletableFuture<byte[]> request = CompletableFuture.supplyAsync(() -> {
                try (Socket socket = server.accept()) {
                    return read(socket.getInputStream());
                } catch (IOException failure) {
                    throw new java.io.UncheckedIOException(failure);
                }
            });
            try (SqsClient client = client(URI.create("http://127.0.0.1:" + server.getLocalPort()), "admin", ADMIN)) {
                assertThatThrownBy(() -> client.getQueueUrl(get -> get.queueName("orders")))
                        .isInstanceOf(SdkException.class);
            }
            return request.get();
        }
    }

    private static byte[] read(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        String text = "";
        int length = -1;
        while (length < 0 || text.length() < length) {
            byte[] more = new byte[4096];
            int count = in.read(more);
            if (count < 0) {
                break;
            }
            bytes.write(more, 0, count);
            text = bytes.toString(StandardCharsets.ISO_8859_1);
            int head = text.indexOf("\r\n\r\n");
            if (head > 0 && length < 0) {
                length = head + 4 + Arrays.stream(text.substring(0, head).split("\r\n"))
                        .filter(line -> line.toLowerCase().startsWith("content-length:"))
                        .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                        .findFirst()
                        .orElse(0);
            }
        }
        return bytes.toByteArray();
    }
}
