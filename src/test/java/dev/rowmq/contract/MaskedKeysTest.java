package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A key with masked paths sees no value at them, whatever it reads. */
class MaskedKeysTest {

    private static final String ADMIN = "admin-secret-0123456789";
    private static final String EYES = "eyes-secret-0123456789x";
    private static final String BODY =
            "{\"customer\":{\"email\":\"a@b.c\",\"name\":\"n\"},\"iban\":\"DE02\",\"n\":1.50}";
    private static final String SEEN = BODY.replace("a@b.c", "***").replace("DE02", "***");

    private static RunningService service;
    private static Http admin;
    private static Http eyes;
    private static QueueClient queue;

    @BeforeAll
    static void start() {
        service = new RunningService(
                TestDatabase.H2.freshUrl(),
                "rowmq.security.api-keys[0].name=admin",
                "rowmq.security.api-keys[0].secret=" + ADMIN,
                "rowmq.security.api-keys[0].role=admin",
                "rowmq.security.api-keys[1].name=eyes",
                "rowmq.security.api-keys[1].secret=" + EYES,
                "rowmq.security.api-keys[1].role=read",
                "rowmq.security.api-keys[1].masked-paths=$.customer.email,$..iban");
        admin = service.http().withKey(ADMIN);
        eyes = service.http().withKey(EYES);
        admin.put("/v1/queues/orders", "{\"maxDeliveries\": 1}").expect(201);
        queue = new QueueClient(admin, "orders");
        send("dead");
        queue.nack(queue.receiveOne());
        send("ready");
        queue.send("{\"id\": \"text\", \"body\": \"call a@b.c\"}").expect(201);
        queue.send("{\"id\": \"bytes\", \"bodyBase64\": \"YUBiLmM=\"}").expect(201);
    }

    private static void send(String id) {
        queue.send("{\"id\": \"%s\", \"body\": %s}".formatted(id, BODY)).expect(201);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void every_way_to_read_a_body_is_masked() {
        for (String path : List.of(
                "/messages",
                "/messages?group=none&limit=5",
                "/messages?olderThan=0s",
                "/messages/ready",
                "/messages/text",
                "/messages/bytes",
                "/dead-letters",
                "/dead-letters/dead",
                "/dead-letters?reason=max-deliveries",
                "/export",
                "/export?state=dead")) {
            String text = eyes.get(queue.path() + path).expect(200).text();
            assertThat(text).as(path).doesNotContain("a@b.c", "DE02", "YUBiLmM=");
        }
        assertThat(eyes.get(queue.path() + "/messages/ready").text()).contains(SEEN);
        assertThat(admin.get(queue.path() + "/messages/ready").text()).contains(BODY);
        assertThat(eyes.get(queue.path() + "/messages?text=a@b").code()).isEqualTo("FORBIDDEN");
        assertThat(eyes.get(queue.path() + "/dead-letters?text=a@b").code()).isEqualTo("FORBIDDEN");
        eyes.post(queue.path() + "/receive", "{}").expect(403);
        eyes.post(queue.path() + "/tasks/preview", "{\"action\": \"delete\"}").expect(403);
    }

    @Test
    void a_stream_is_masked() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<java.io.InputStream> stream = client.send(
                    eyes.request(queue.path() + "/stream").GET().build(), HttpResponse.BodyHandlers.ofInputStream());
            StringBuffer seen = new StringBuffer();
            Thread reader = Thread.ofVirtual().start(() -> new BufferedReader(new InputStreamReader(stream.body()))
                    .lines()
                    .forEach(seen::append));
            Eventually.within(Duration.ofSeconds(10), "ready", () -> seen.toString().contains("event: ready"));
            send("streamed");
            Eventually.within(Duration.ofSeconds(10), "the copy", () -> seen.toString().contains("streamed"));
            assertThat(seen.toString()).contains(SEEN).doesNotContain("a@b.c");
            stream.body().close();
            reader.join(Duration.ofSeconds(5));
            admin.delete(queue.path() + "/messages/streamed").expect(204);
        }
    }
}
