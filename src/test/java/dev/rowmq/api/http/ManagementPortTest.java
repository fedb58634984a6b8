package dev.rowmq.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.RawHttp;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.Environment;

/** A separate management port applies the same checks of a request's form as the port of the service. */
@ExtendWith(OutputCaptureExtension.class)
class ManagementPortTest {

    private static RunningService service;
    private static Http http;

    @BeforeAll
    static void start() {
        service = new RunningService(TestDatabase.H2.freshUrl(), "management.server.port=0",
                "management.server.address=127.0.0.1");
        http = new Http("http://127.0.0.1:"
                + service.bean(Environment.class).getProperty("local.management.port"));
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static String raw(String request) throws Exception {
        try (RawHttp raw = new RawHttp(http).write(request)) {
            return raw.readAll();
        }
    }

    @Test
    void it_serves_health_and_the_service_s_port_does_not() {
        http.get("/actuator/health/readiness").expect(200);
        assertThat(service.http().get("/actuator/health/readiness").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /actuator/health?%zz", "GET /actuator/health/a/b/c", "GET /actuator/health/..%2f",
                "GET /actuator/health/%2F%2F", "GET /actuator/metrics/x?tag=a", "GET /actuator/metrics/x?tag=,",
                "GET /actuator/health/unknown", "GET /nothing?%zz", "GET /;a=%zz",
                "GET /actuator/health|Content-Type: x;charset", "POST /actuator/health", "TRACE /actuator/health",
                "GET /error", "GET /%65rror", "GET /actuator/queues|Accept: image/png"
            })
    void a_request_that_no_route_can_read_is_a_4xx_without_a_trace(String line, CapturedOutput output)
            throws Exception {
        String[] parts = line.split("\\|");
        assertThat(raw(parts[0] + " HTTP/1.1\r\nHost: localhost\r\n" + (parts.length > 1 ? parts[1] + "\r\n" : "")
                        + "Content-Length: 0\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 4");
        assertThat(output.getAll()).doesNotContain("\tat ");
    }

    @Test
    void invalid_http_is_answered_by_a_problem_and_not_by_tomcat_s_page() throws Exception {
        assertThat(raw("GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400").contains("\"code\":\"INVALID_REQUEST\"").doesNotContain("Tomcat");
    }
}
