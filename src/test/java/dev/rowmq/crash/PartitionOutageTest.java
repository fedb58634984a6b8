package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.durable.Partitioner;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Three PostgreSQL databases, of which one is stopped under load and started again: the last one, or the first one,
 * which stores the queues.
 */
@Tag("long")
class PartitionOutageTest {

    @ParameterizedTest
    @ValueSource(ints = {2, 0})
    void a_partition_that_is_down_keeps_only_its_share_waiting_and_heals_by_itself(int victim) throws Exception {
        History history = new History();
        try (Postgres stopped = new Postgres()) {
            String[] urls = IntStream.range(0, 3)
                    .mapToObj(n -> n == victim ? stopped.create("rowmq") : TestDatabase.POSTGRESQL.freshUrl())
                    .toArray(String[]::new);
            try (RunningService service = new RunningService(
                    "jdbc:h2:mem:unused",
                    "rowmq.partitions[0].url=" + urls[0],
                    "rowmq.partitions[1].url=" + urls[1],
                    "rowmq.partitions[2].url=" + urls[2],
                    "logging.level.root=off")) {
                Http http = service.http();
                QueueClient queue = http.queue("{\"maxDeliveries\": 0}");
                try (Load load = new Load(history, queue, 4, 4, System.nanoTime())) {
                    Thread.sleep(1500);
                    stopped.stop();
                    Eventually.within(
                            Duration.ofSeconds(6),
                            "found to be down",
                            () -> status(http, victim).equals("UNREACHABLE"));
                    whileDown(http, queue, victim);
                    stopped.start();
                    Eventually.within(Duration.ofSeconds(5), "up again", () -> status(http, victim).equals("UP"));
                    queue.send("{\"body\": \"after\", \"id\": \"" + idOf(victim, "after") + "\"}").expect(201);
                    Thread.sleep(1000);
                }
                new Load(history, queue, 0, 0, 1).drain();
            }
        }
        HistoryChecker.assertGood(history.events(), 500, "after", "while down");
    }

    private static void whileDown(Http http, QueueClient queue, int victim) {
        assertThat(http.get("/actuator/health/readiness").status()).isEqualTo(200);
        assertThat(http.get("/actuator/prometheus").text())
                .contains("rowmq_partition_up{partition=\"" + victim + "\"} 0.0");
        for (int i = 0; i < 20; i++) {
            long start = System.nanoTime();
            Http.Answer share = queue.send("{\"body\": \"while down\", \"id\": \"" + idOf(victim, "down" + i) + "\"}");
            assertThat(share.status()).as(share.text()).isEqualTo(503);
            assertThat(share.code()).isEqualTo("STORE_UNAVAILABLE");
            assertThat(share.json().path("detail").asString()).contains("partition " + victim);
            queue.send("{\"body\": \"while down\", \"id\": \"" + idOf((victim + 1) % 3, "down" + i) + "\"}")
                    .expect(201);
            queue.send("{\"body\": \"while down\"}").expect(201);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("nobody waits for the one that is down")
                    .isLessThan(Duration.ofSeconds(1));
        }
        List<String> codes = Http.list(queue.sendBatch(IntStream.range(0, 60)
                                .mapToObj(i -> "{\"body\": \"while down\", \"id\": \"batch-" + i + "\"}")
                                .collect(Collectors.joining(",")))
                        .expect(200)
                        .json()
                        .path("results"))
                .stream()
                .map(result -> result.path("code").asString("stored"))
                .toList();
        for (int i = 0; i < codes.size(); i++) {
            assertThat(codes.get(i))
                    .isEqualTo(
                            new Partitioner.Fnv().partition("batch-" + i, 3) == victim
                                    ? "STORE_UNAVAILABLE"
                                    : "stored");
        }
        assertThat(queue.receive("{\"wait\": \"2s\", \"max\": 10, \"visibilityTimeout\": \"1s\"}")).isNotEmpty();
        assertThat(http.get(queue.path()).status()).as("figures, of the one that is down as they were").isEqualTo(200);
    }

    private static String status(Http http, int partition) {
        return http.get("/actuator/health")
                .json()
                .path("components")
                .path("db")
                .path("components")
                .path(Integer.toString(partition))
                .path("status")
                .asString();
    }

    private static String idOf(int partition, String like) {
        return idOf(partition, 3, like);
    }

    private static String idOf(int partition, int partitions, String like) {
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> like + "-" + i)
                .filter(id -> new Partitioner.Fnv().partition(id, partitions) == partition)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void one_that_takes_connections_and_answers_nothing_is_left_alone_too() throws Exception {
        try (Postgres frozen = new Postgres();
                RunningService service = new RunningService(
                        "jdbc:h2:mem:unused",
                        "rowmq.partitions[0].url=" + TestDatabase.POSTGRESQL.freshUrl(),
                        "rowmq.partitions[1].url=" + frozen.create("rowmq"),
                        "logging.level.root=off")) {
            Http http = service.http();
            QueueClient queue = http.queue();
            String here = idOf(0, 2, "here");
            String there = idOf(1, 2, "there");
            queue.sendText("x");
            try {
                frozen.freeze();
                long start = System.nanoTime();
                Http.Answer first = queue.send("{\"body\": \"x\", \"id\": \"" + there + "\"}").expect(503);
                assertThat(first.code()).isIn("OUTCOME_UNKNOWN", "STORE_UNAVAILABLE");
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
                for (int i = 0; i < 5; i++) {
                    start = System.nanoTime();
                    queue.send("{\"body\": \"x\", \"id\": \"" + here + i + "\"}");
                    queue.receive(1);
                    queue.sendText("anywhere");
                    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
                }
            } finally {
                frozen.thaw();
            }
            Eventually.within(Duration.ofSeconds(10), "heals", () -> status(http, 1).equals("UP"));
            assertThat(queue.send("{\"body\": \"x\", \"id\": \"" + there + "\"}").status()).isIn(200, 201);
        }
    }
}
