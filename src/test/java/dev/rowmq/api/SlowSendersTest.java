package dev.rowmq.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.RawHttp;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients that send single bytes slowly are disconnected and do not block other clients. */
@Tag("long")
class SlowSendersTest {

    @Test
    void more_slow_heads_and_bodies_than_connections_are_cut_and_health_stays_reachable() throws Exception {
        try (RunningService service = new RunningService(TestDatabase.H2.freshUrl(),
                "server.tomcat.max-connections=60")) {
            List<RawHttp> slow = new ArrayList<>();
            long begin = System.nanoTime();
            for (int i = 0; i < 90; i++) {
                RawHttp one = new RawHttp(service.http());
                one.write(i % 3 == 0 ? "POST /v1/queues/q/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                        + "application/json\r\nContent-Length: 9000\r\n\r\n{" : "GET /v1");
                slow.add(one);
            }
            while (System.nanoTime() - begin < Duration.ofSeconds(13).toNanos()) {
                slow.forEach(one -> {
                    try {
                        one.write("x");
                    } catch (UncheckedIOException cutByTheServer) {
                        // the server closed the connection, as expected
                    }
                });
                long asked = System.nanoTime();
                try (RawHttp health = new RawHttp(service.http())) {
                    health.write("GET /actuator/health/liveness HTTP/1.1\r\nHost: localhost\r\nConnection: "
                            + "close\r\n\r\n");
                    assertThat(health.readAll()).startsWith("HTTP/1.1 200");
                }
                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
                Thread.sleep(500);
            }
            Eventually.within(Duration.ofSeconds(5), "every slow head is cut", () -> {
                for (int i = 0; i < slow.size(); i++) {
                    if (i % 3 != 0 && open(slow.get(i))) {
                        return false;
                    }
                }
                return true;
            });
            slow.forEach(RawHttp::close);
        }
    }

    private static boolean open(RawHttp one) {
        try {
            one.write("x");
            one.write("x");
            return true;
        } catch (UncheckedIOException cut) {
            return false;
        }
    }
}
