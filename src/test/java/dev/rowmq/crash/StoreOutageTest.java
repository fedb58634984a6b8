package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;

import java.time.Duration;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PostgreSQL is stopped under load and started again. */
@Tag("long")
class StoreOutageTest {

    @Test
    void without_its_database_the_service_says_so_in_time_and_works_again_soon_after() throws Exception {
        History history = new History();
        try (Postgres postgres = new Postgres();
                RunningService service = new RunningService(postgres.create("rowmq"), "logging.level.root=off")) {
            Http http = service.http();
            QueueClient queue = http.queue("{\"maxDeliveries\": 0}");
            try (Load load = new Load(history, queue, 4, 4, System.nanoTime())) {
                Thread.sleep(1500);
                postgres.stop();
                for (int i = 0; i < 2; i++) {
                    long start = System.nanoTime();
                    Http.Answer answer = queue.send("{\"body\": \"while down " + i + "\"}");
                    assertThat(answer.status()).as(answer.text()).isEqualTo(503);
                    assertThat(answer.code()).isIn("STORE_UNAVAILABLE", "OUTCOME_UNKNOWN");
                    assertThat(answer.response().headers().firstValue("Retry-After")).isPresent();
                    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(12));
                    assertThat(http.get("/v1/queues/other").status()).isEqualTo(503);
                    assertThat(http.get("/actuator/health/liveness").status()).isEqualTo(200);
                }
                assertThat(http.get("/actuator/health/readiness").status()).isEqualTo(503);
                assertThat(http.get("/actuator/health").json().path("components").path("db").path("status").asString())
                        .isEqualTo("DOWN");
                postgres.start();
                Eventually.within(
                        Duration.ofSeconds(5),
                        "works again",
                        () -> queue.send("{\"body\": \"after\"}").status() == 201
                                && !queue.receive("{\"wait\": \"1s\"}").isEmpty());
                Eventually.within(
                        Duration.ofSeconds(5),
                        "ready again",
                        () -> http.get("/actuator/health/readiness").status() == 200);
                Thread.sleep(1000);
            }
            new Load(history, queue, 0, 0, 1).drain();
        }
        HistoryChecker.assertGood(history.events(), 500, "after", "while down");
    }

    @Test
    @org.junit.jupiter.api.extension.ExtendWith(org.springframework.boot.test.system.OutputCaptureExtension.class)
    void an_outage_is_a_line_when_it_begins_one_each_ten_seconds_and_one_when_it_ends(
            org.springframework.boot.test.system.CapturedOutput output) throws Exception {
        try (Postgres postgres = new Postgres();
                RunningService service =
                        new RunningService(postgres.create("rowmq"), "logging.level.root=info",
                        "logging.level.io.zonky=off")) {
            QueueClient queue = service.http().queue();
            queue.sendText("before");
            int before = output.getAll().length();
            postgres.stop();
            long end = System.nanoTime() + Duration.ofSeconds(13).toNanos();
            java.util.List<Thread> clients = new java.util.ArrayList<>();
            for (int i = 0; i < 8; i++) {
                clients.add(Thread.ofVirtual().start(() -> {
                    while (System.nanoTime() < end) {
                        assertThat(queue.send("{\"body\": \"x\"}").status()).isEqualTo(503);
                        queue.http().post(queue.path() + "/receive", "{}");
                        queue.http().get(queue.path());
                    }
                }));
            }
            for (Thread client : clients) {
                client.join();
            }
            postgres.start();
            Eventually.within(Duration.ofSeconds(10), "works again",
                    () -> queue.send("{\"body\": \"after\"}").status() == 201);
            Eventually.within(Duration.ofSeconds(10), "its end is told", () -> {
                service.http().get("/v1/queues");
                return output.getAll().contains("the database answers again");
            });
            String log = output.getAll().substring(before);
            assertThat(log).contains("SQLSTATE").doesNotContain("\tat ");
            assertThat(log.lines().filter(line -> !line.isBlank())).as(log).hasSizeLessThanOrEqualTo(6);
        }
    }
}
