package dev.rowmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.Http;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.net.http.HttpRequest;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The requests that each role may make. */
class AccessTest {

    private static final String ADMIN = "admin-secret-0123456789";
    private static final String SEND = "send-secret-0123456789x";
    private static final String RECEIVE = "receive-secret-01234567";
    private static final String READ = "read-secret-0123456789x";
    private static final String NOBODY = "nobody-secret-012345678";

    private static RunningService service;

    @BeforeAll
    static void start() {
        service = new RunningService(
                TestDatabase.H2.freshUrl(),
                "rowmq.security.api-keys[0].name=admin",
                // SHA-256 of ADMIN
                "rowmq.security.api-keys[0].secret=sha256:" + sha256(ADMIN),
                "rowmq.security.api-keys[0].role=admin",
                "rowmq.security.api-keys[1].name=producer",
                "rowmq.security.api-keys[1].secret=" + SEND,
                "rowmq.security.api-keys[1].role=send",
                "rowmq.security.api-keys[2].name=consumer",
                "rowmq.security.api-keys[2].secret=" + RECEIVE,
                "rowmq.security.api-keys[2].role=receive",
                "rowmq.security.api-keys[3].name=eyes",
                "rowmq.security.api-keys[3].secret=" + READ,
                "rowmq.security.api-keys[3].role=read");
        service.http().withKey(ADMIN).put("/v1/queues/orders", "{}").expect(201);
        service.http().withKey(ADMIN).put("/v1/topics/events", "{}").expect(201);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static String sha256(String text) {
        try {
            return java.util.HexFormat.of()
                    .formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(text.getBytes()));
        } catch (java.security.NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** The status that each role gets; 401 without a key and with a key that is not configured. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        POST   | /v1/queues/orders/messages            | 201 | 201 | 403 | 403
        POST   | /v1/queues/orders/messages/batch      | 400 | 400 | 403 | 403
        POST   | /v1/queues/orders/receive             | 200 | 403 | 200 | 403
        POST   | /v1/queues/orders/ack                 | 400 | 403 | 400 | 403
        POST   | /v1/queues/orders/nack                | 400 | 403 | 400 | 403
        POST   | /v1/queues/orders/extend              | 400 | 403 | 400 | 403
        GET    | /v1/queues                            | 200 | 403 | 403 | 200
        GET    | /v1/queues/orders                     | 200 | 403 | 403 | 200
        GET    | /v1/queues/orders/messages            | 200 | 403 | 403 | 200
        GET    | /v1/queues/orders/messages/x          | 404 | 403 | 403 | 404
        GET    | /v1/queues/orders/processed/x         | 404 | 403 | 403 | 404
        GET    | /v1/queues/orders/dead-letters        | 200 | 403 | 403 | 200
        GET    | /v1/queues/orders/dead-letters/x      | 404 | 403 | 403 | 404
        GET    | /v1/queues/none/stream                | 404 | 403 | 404 | 404
        PUT    | /v1/queues/orders                     | 200 | 403 | 403 | 403
        POST   | /v1/queues/orders/pause               | 200 | 403 | 403 | 403
        POST   | /v1/queues/orders/resume              | 200 | 403 | 403 | 403
        POST   | /v1/queues/orders/dead-letters/redrive | 400 | 403 | 403 | 403
        DELETE | /v1/queues/orders/dead-letters/x      | 404 | 403 | 403 | 403
        DELETE | /v1/queues/orders/dead-letters        | 202 | 403 | 403 | 403
        DELETE | /v1/queues/orders/messages            | 202 | 403 | 403 | 403
        DELETE | /v1/queues/none                       | 404 | 403 | 403 | 403
        PUT    | /v1/topics/events                     | 200 | 403 | 403 | 403
        GET    | /v1/topics                            | 200 | 403 | 403 | 200
        GET    | /v1/topics/events                     | 200 | 403 | 403 | 200
        POST   | /v1/topics/events/messages            | 200 | 200 | 403 | 403
        DELETE | /v1/topics/none                       | 404 | 403 | 403 | 403
        GET    | /v1/queues/orders/subscriptions       | 200 | 403 | 403 | 200
        GET    | /v1/queues/orders/subscriptions/none  | 404 | 403 | 403 | 404
        PUT    | /v1/queues/orders/subscriptions/none  | 400 | 403 | 403 | 403
        POST   | /v1/queues/orders/subscriptions/none/pause         | 404 | 403 | 403 | 403
        POST   | /v1/queues/orders/subscriptions/none/resume        | 404 | 403 | 403 | 403
        POST   | /v1/queues/orders/subscriptions/none/rotate-secret | 404 | 403 | 403 | 403
        DELETE | /v1/queues/orders/subscriptions/none  | 404 | 403 | 403 | 403
        GET    | /actuator/queues                      | 200 | 403 | 403 | 200
        GET    | /actuator/prometheus                  | 200 | 403 | 403 | 200
        GET    | /actuator/metrics                     | 200 | 403 | 403 | 200
        GET    | /actuator/env                         | 404 | 403 | 403 | 404
        GET    | /v3/api-docs                          | 200 | 200 | 200 | 200
        GET    | /nothing                              | 404 | 403 | 403 | 403
        """)
    void each_role_opens_its_own_routes(String method, String path, int admin, int send, int receive, int read) {
        String body = path.endsWith("/messages") && method.equals("POST")
                ? "{\"body\": \"x\"}"
                : method.equals("GET") || method.equals("DELETE") || path.endsWith("e") && !path.endsWith("redrive")
                        ? null
                        : "{}";
        Http http = service.http();
        assertThat(http.withKey(ADMIN).call(method, path, body).status()).as("admin").isEqualTo(admin);
        assertThat(http.withKey(SEND).call(method, path, body).status()).as("send").isEqualTo(send);
        assertThat(http.withKey(RECEIVE).call(method, path, body).status()).as("receive").isEqualTo(receive);
        assertThat(http.withKey(READ).call(method, path, body).status()).as("read").isEqualTo(read);
        for (Http unknown : new Http[] {http, http.withKey(NOBODY), http.withKey("")}) {
            Http.Answer refused = unknown.call(method, path, body);
            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.code()).isEqualTo("UNAUTHENTICATED");
            assertThat(refused.response().headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Bearer");
        }
    }

    @Test
    void health_needs_no_key() {
        for (String path : new String[] {"", "/liveness", "/readiness"}) {
            service.http().get("/actuator/health" + path).expect(200);
        }
    }

    @Test
    void the_description_of_an_error_needs_no_key() {
        service.http().get("/errors").expect(200);
        service.http().get("/errors/FORBIDDEN").expect(200);
    }

    @Test
    void other_schemes_do_not_count() {
        for (String header :
                new String[] {"Basic " + ADMIN, ADMIN, "Bearer", "Bearer " + ADMIN + "x", "Bearer  " + ADMIN}) {
            Http.Answer answer = service.http()
                    .send(service.http().request("/v1/queues").header("Authorization", header).GET());
            assertThat(answer.status()).as(header).isEqualTo(401);
        }
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void no_secret_is_in_a_log(CapturedOutput output) {
        try (RunningService loud = new RunningService(
                TestDatabase.H2.freshUrl(),
                "logging.level.root=debug",
                "rowmq.security.api-keys[0].name=producer",
                "rowmq.security.api-keys[0].secret=" + SEND,
                "rowmq.security.api-keys[0].role=send,receive")) {
            loud.http().withKey(SEND).post("/v1/queues/none/messages", "{\"body\": \"my-body-text\"}").expect(404);
            loud.http().withKey(NOBODY).get("/v1/queues").expect(401);
        }
        assertThat(output.getAll()).contains("/v1/queues/none/messages").doesNotContain(SEND, NOBODY);
    }

    /** The settings of keys are in ApiKeyPropertiesTest. */
    @Tag("long")
    @Test
    void settings_that_make_no_sense_stop_the_start() {
        for (String setting : new String[] {
            "rowmq.maintenance.vacuum=-1s",
            "rowmq.metrics.queues=-1",
            "rowmq.queue.intake=1",
            "rowmq.stream.buffer=0",
            "rowmq.stream.heartbeat=10m",
            "rowmq.audit.retention=1h",
            "rowmq.security.api-keys[0].role=king"
        }) {
            assertThatThrownBy(() -> new RunningService(
                            TestDatabase.H2.freshUrl(),
                            "logging.level.root=off",
                            "rowmq.security.api-keys[0].name=a",
                            "rowmq.security.api-keys[0].secret=" + SEND,
                            "rowmq.security.api-keys[0].role=read",
                            setting)
                    .close())
                    .as(setting)
                    .isNotNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Origin, https://evil.example", "Origin, null", "Origin, http://localhost.evil.example",
                "X-Forwarded-For, 127.0.0.1",
        "X-Forwarded-Host, localhost", "Forwarded, host=localhost", "X-Real-IP, 127.0.0.1", "Via, 1.1 proxy",
        "Sec-Fetch-Site, same-site"
    })
    void without_keys_a_page_of_another_site_and_a_proxy_cannot_call(String header, String value) {
        Http open = TestDatabase.H2.service().http();
        assertThat(open.send(open.request("/v1/queues").header(header, value).GET()).code()).isEqualTo("FORBIDDEN");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:8080", "http://127.0.0.1:3000", "http://[::1]:8080"})
    void without_keys_a_page_of_this_machine_can_call(String origin) {
        Http open = TestDatabase.H2.service().http();
        open.send(open.request("/v1/queues").header("Origin", origin).GET()).expect(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "framework"})
    void without_keys_the_host_counts_as_it_was_sent_also_behind_a_trusted_proxy(String strategy) throws Exception {
        try (RunningService trusting = new RunningService(
                TestDatabase.H2.freshUrl(), "server.forward-headers-strategy=" + strategy)) {
            java.net.URI base = java.net.URI.create(trusting.http().base());
            for (String headers : new String[] {"Host: evil.example\r\nX-Forwarded-Host: localhost",
                    "Host: evil.example"}) {
                try (java.net.Socket socket = new java.net.Socket(base.getHost(), base.getPort())) {
                    socket.getOutputStream()
                            .write(("GET /v1/queues HTTP/1.1\r\n" + headers + "\r\nConnection: close\r\n\r\n")
                            .getBytes());
                    assertThat(new String(socket.getInputStream().readAllBytes())).startsWith("HTTP/1.1 403");
                }
            }
        }
    }

    @Test
    void a_head_needs_no_more_than_its_get_and_a_trace_is_no_method_for_any_key() throws Exception {
        Http eyes = service.http().withKey(READ);
        for (String path : new String[] {"/v1/queues", "/v1/queues/orders", "/actuator/queues"}) {
            assertThat(eyes.send(eyes.request(path).method("HEAD", HttpRequest.BodyPublishers.noBody())).status())
                    .as(path).isEqualTo(200);
            Http sender = service.http().withKey(SEND);
            assertThat(sender.send(sender.request(path).method("HEAD", HttpRequest.BodyPublishers.noBody())).status())
                    .as(path).isEqualTo(403);
        }
        java.net.URI base = java.net.URI.create(service.http().base());
        try (java.net.Socket socket = new java.net.Socket(base.getHost(), base.getPort())) {
            socket.getOutputStream().write(
                    ("TRACE /v1/queues HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + ADMIN
                    + "\r\nConnection: close\r\n\r\n").getBytes());
            assertThat(new String(socket.getInputStream().readAllBytes())).startsWith("HTTP/1.1 405");
        }
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void refused_calls_are_counted_and_a_header_that_cannot_be_read_is_in_no_log(CapturedOutput output)
            throws Exception {
        try (RunningService loud = new RunningService(
                TestDatabase.H2.freshUrl(),
                "logging.level.root=info",
                "rowmq.security.api-keys[0].name=producer",
                "rowmq.security.api-keys[0].secret=" + SEND,
                "rowmq.security.api-keys[0].role=admin,send")) {
            java.net.URI base = java.net.URI.create(loud.http().base());
            for (String line : new String[] {"Authorization Bearer " + SEND, "Authorization\t: Bearer " + SEND,
                    "Authorization: Bearer " + SEND + "\u0001"}) {
                try (java.net.Socket socket = new java.net.Socket(base.getHost(), base.getPort())) {
                    socket.getOutputStream()
                            .write(("GET /v1/queues HTTP/1.1\r\nHost: localhost\r\n" + line
                            + "\r\nConnection: close\r\n\r\n").getBytes());
                    assertThat(new String(socket.getInputStream().readAllBytes())).startsWith("HTTP/1.1 4");
                }
            }
            for (int i = 0; i < 100; i++) {
                loud.http().withKey(NOBODY).get("/v1/queues").expect(401);
            }
            assertThat(loud.http().withKey(SEND).get("/actuator/prometheus").expect(200).text())
                    .containsPattern("rowmq_calls_refused_total\\{.*unauthenticated.*} 10[0-3]");
        }
        assertThat(output.getAll()).doesNotContain(SEND, NOBODY);
        assertThat(output.getAll().lines().filter(line -> line.contains("calls were refused"))).hasSizeBetween(1, 2);
    }

    @Test
    void without_keys_a_page_of_somebody_elses_cannot_call() {
        Http open = TestDatabase.H2.service().http();
        Http.Answer page = open.send(open.request("/v1/queues").header("Sec-Fetch-Site", "cross-site").GET());
        assertThat(page.status()).isEqualTo(403);
        Http.Answer own = open.send(open.request("/v1/queues")
                .header("Sec-Fetch-Site", "same-origin")
                .method("GET", HttpRequest.BodyPublishers.noBody()));
        assertThat(own.status()).isEqualTo(200);
    }
}
