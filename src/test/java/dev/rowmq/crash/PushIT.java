package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.Receiver;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** kill -9 of a service that pushes to a receiver with occasional failures. */
@Tag("long")
class PushIT {

    private static final int KILLS = 2;
    private static final int WORKERS = 4;
    private static final int BATCH = 500;

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void every_message_that_was_accepted_arrives_and_none_after_it_was_recorded_as_processed(
            TestDatabase database, @TempDir Path folder) throws Exception {
        Set<String> sent = ConcurrentHashMap.newKeySet();
        Map<String, AtomicInteger> arrived = new ConcurrentHashMap<>();
        Set<String> recorded = ConcurrentHashMap.newKeySet();
        Set<String> zombies = ConcurrentHashMap.newKeySet();
        try (Receiver receiver = new Receiver((call, number) -> {
                    String id = call.getRequestHeaders().getFirst("webhook-id");
                    if (recorded.contains(id)) {
                        zombies.add(id);
                    }
                    Thread.sleep(2);
                    boolean works = number % 50 != 0;
                    if (works) {
                        arrived.computeIfAbsent(id, any -> new AtomicInteger()).incrementAndGet();
                    }
                    Receiver.answer(call, works ? 200 : 500, "");
                });
                ServiceProcess service = new ServiceProcess(
                        folder,
                        "spring.datasource.url=" + database.freshUrl(),
                        "logging.level.root=warn",
                        "rowmq.push.allow-cidrs=127.0.0.0/8")) {
            service.start();
            QueueClient queue = service.http().queue("{\"maxDeliveries\": 0}");
            queue.http()
                    .put(
                            queue.path() + "/subscriptions/s",
                            "{\"url\": \"" + receiver.url() + "\", \"timeout\": \"1s\", \"workers\": " + WORKERS + "}")
                    .expect(201);
            for (int kill = 0; kill <= KILLS; kill++) {
                List<String> ids = IntStream.range(sent.size(), sent.size() + BATCH).mapToObj(n -> "m" + n).toList();
                queue.sendBatch(ids.stream()
                                .map(id -> "{\"body\": \"x\", \"id\": \"" + id + "\"}")
                                .collect(Collectors.joining(",")))
                        .expect(200);
                sent.addAll(ids);
                Eventually.within(
                        Duration.ofSeconds(20), "some arrived", () -> arrived.size() > sent.size() - BATCH * 4 / 5);
                arrived.keySet().stream()
                        .skip(arrived.size() / 2).limit(5)
                        .filter(id -> queue.http().get(queue.path() + "/processed/" + id).status() == 200)
                        .forEach(recorded::add);
                if (kill < KILLS) {
                    assertThat(queue.stats().path("ready").asLong())
                            .as("messages that wait when it is killed")
                            .isPositive();
                    service.kill();
                    service.start();
                }
            }
            Eventually.within(
                    Duration.ofSeconds(60),
                    "all acked",
                    () -> queue.stats().path("acked").asLong() == sent.size());
            Thread.sleep(1000);
        }
        int again = arrived.values().stream().mapToInt(times -> times.get() - 1).sum();
        System.out.printf(
                "push on %s: %d kills, %d sent, %d arrived, %d of them again, %d recorded as processed before a kill%n",
                database, KILLS, sent.size(), arrived.size(), again, recorded.size());
        assertThat(sent.size()).as("sent, or the run proves nothing").isEqualTo((KILLS + 1) * BATCH);
        assertThat(recorded.size()).isGreaterThan(10);
        assertThat(arrived.keySet()).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(zombies).as("called after their ids were recorded").isEmpty();
        assertThat(again).as("only calls that a kill cut are made again").isLessThanOrEqualTo(KILLS * WORKERS);
    }
}
