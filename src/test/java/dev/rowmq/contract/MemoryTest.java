package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * Behaviour specific to queues in memory, on every database. The other contract tests cover the behaviour that all
 * queues share, for queues in memory too.
 */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class MemoryTest {

    private final TestDatabase database;
    private final Http http;

    MemoryTest(TestDatabase database) {
        this.database = database;
        this.http = database.service().http();
    }

    private QueueClient inMemory(String more) {
        return http.inMemory().queue("{" + more + "}");
    }

    @Test
    void each_answer_says_that_the_messages_end_with_the_process() {
        QueueClient queue = new QueueClient(http, "memory-" + System.nanoTime());
        for (JsonNode answer : List.of(
                http.put(queue.path(), "{\"storage\": \"memory\"}").expect(201).json(),
                http.put(queue.path(), "{\"maxDeliveries\": 3}").expect(200).json(),
                http.get(queue.path()).json())) {
            assertThat(answer.path("settings").path("storage").asString()).isEqualTo("memory");
            assertThat(answer.path("notice").asString()).contains("lost when its process ends");
        }
        assertThat(http.get(http.queue().path()).json().has("notice")).isFalse();
    }

    @Test
    void storage_is_decided_once_and_dead_letters_stay_in_theirs() {
        QueueClient memory = inMemory("");
        QueueClient durable = http.queue();
        assertThat(http.put(memory.path(), "{\"storage\": \"durable\"}")
                        .expect(400)
                        .json()
                        .path("field")
                        .asString())
                .isEqualTo("storage");
        http.put(durable.path(), "{\"storage\": \"memory\"}").expect(400);
        assertThat(http.put(memory.path(), "{\"deadLetterQueue\": \"" + durable.name() + "\"}")
                        .expect(400)
                        .code())
                .isEqualTo("INVALID_REDRIVE");
        http.put(durable.path(), "{\"deadLetterQueue\": \"" + memory.name() + "\"}").expect(400);
        http.put(durable.path(), "{\"storage\": \"durable\"}").expect(200);
    }

    @Test
    void messages_are_gone_with_the_process_and_the_queue_is_not() {
        String url = database.freshUrl();
        String name;
        String receipt;
        try (RunningService first = new RunningService(url)) {
            QueueClient queue = first.http().inMemory().queue("{\"priorities\": 2}");
            name = queue.name();
            queue.sendText("x");
            queue.send("{\"body\": \"x\", \"id\": \"a\"}").expect(201);
            receipt = queue.receiveOne().path("receipt").asString();
        }
        try (RunningService second = new RunningService(url)) {
            QueueClient queue = new QueueClient(second.http(), name);
            assertThat(second.http()
                            .get(queue.path())
                            .expect(200)
                            .json()
                            .path("settings")
                            .path("priorities")
                            .asInt())
                    .isEqualTo(2);
            assertThat(queue.receive(10)).isEmpty();
            queue.send("{\"body\": \"y\", \"id\": \"a\"}").expect(201);
            queue.sendText("z");
            assertThat(queue.receive(2)).hasSize(2);
            assertThat(queue.settleReceipts("ack", "", receipt).path(0).path("status").asString())
                    .as("a receipt of another process is never taken for one of this")
                    .isEqualTo("unavailable");
            assertThat(queue.stats().path("inFlight").asInt()).isEqualTo(2);
        }
    }

    @Test
    void what_nobody_takes_in_time_goes_or_becomes_a_dead_letter() {
        QueueClient plain = inMemory("");
        QueueClient keeping = inMemory("\"deadLetterExpired\": true");
        for (QueueClient queue : List.of(plain, keeping)) {
            queue.send("{\"body\": \"x\", \"ttl\": \"1s\"}").expect(201);
            queue.sendText("stays");
        }
        for (QueueClient queue : List.of(plain, keeping)) {
            Eventually.within(Duration.ofSeconds(10), "expired", () -> queue.stats().path("expired").asInt() == 1);
            assertThat(queue.stats().path("ready").asInt()).isEqualTo(1);
        }
        assertThat(plain.deadLetters()).isEmpty();
        assertThat(keeping.deadLetters().path(0).path("reason").asString()).isEqualTo("expired");
        assertThat(keeping.receive(10)).hasSize(1);
    }

    @Test
    void all_of_them_together_take_no_more_memory_than_is_set() {
        try (RunningService small =
                new RunningService(database.freshUrl(), "rowmq.memory.size=1MB", "rowmq.memory.messages=500")) {
            QueueClient many = small.http().inMemory().queue();
            QueueClient large = small.http().inMemory().queue();
            List<String> codes = Http.list(
                            many.sendBatch(String.join(",", Collections.nCopies(600, "{\"body\": \"x\"}")))
                                    .expect(200)
                                    .json()
                                    .path("results"))
                    .stream()
                    .map(result -> result.path("code").asString("stored"))
                    .toList();
            assertThat(codes).filteredOn("stored"::equals).hasSize(500);
            assertThat(codes).filteredOn("QUEUE_FULL"::equals).hasSize(100);
            int stored = 0;
            while (large.send("{\"body\": \"" + "x".repeat(100_000) + "\"}").status() == 201) {
                stored++;
            }
            assertThat(stored).isBetween(5, 9);
            while (!large.receive(10).isEmpty()) {
                // received messages are not acked
            }
            large.send("{\"body\": \"" + "x".repeat(100_000) + "\"}").expect(429);
            small.http().delete(large.path() + "/messages").expect(202);
            large.send("{\"body\": \"" + "x".repeat(100_000) + "\"}").expect(201);
            small.http().delete(many.path()).expect(204);
            for (int i = 1; i < stored; i++) {
                large.send("{\"body\": \"" + "x".repeat(100_000) + "\"}").expect(201);
            }
        }
    }

    @Test
    void what_comes_back_stands_where_it_stood() {
        QueueClient queue = inMemory("");
        for (int i = 0; i < 5; i++) {
            queue.sendText(Integer.toString(i));
        }
        queue.receive(3).forEach(queue::nack);
        assertThat(queue.receive(5)).extracting(QueueClient::body).containsExactly("0", "1", "2", "3", "4");
    }

    @Test
    void a_past_time_means_at_once_whatever_the_delay_of_the_queue() {
        QueueClient queue = inMemory("\"delay\": \"1h\"");
        queue.send("{\"body\": \"x\", \"deliverAt\": \"2001-01-01T00:00:00Z\"}").expect(201);
        assertThat(queue.receive(1)).hasSize(1);
    }

    @Test
    void a_purge_ends_beside_senders_and_leaves_what_was_sent_after_it() throws Exception {
        QueueClient queue = inMemory("");
        AtomicInteger accepted = new AtomicInteger();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            for (int i = 0; i < 4; i++) {
                clients.submit(() -> {
                    while (System.nanoTime() < end) {
                        queue.sendText("x");
                        accepted.incrementAndGet();
                    }
                });
            }
            for (int i = 0; i < 20; i++) {
                assertThat(http.delete(queue.path() + "/messages")
                                .expect(202)
                                .json()
                                .path("running")
                                .asBoolean())
                        .isFalse();
            }
        }
        int purged = accepted.get() - queue.stats().path("ready").asInt();
        assertThat(purged).isPositive().isLessThan(accepted.get());
        assertThat(http.get("/actuator/health").status()).isEqualTo(200);
    }

    @Test
    void under_load_each_message_is_acked_once_and_the_figures_are_exact() throws Exception {
        QueueClient dead = inMemory("");
        QueueClient queue = inMemory(
                "\"visibilityTimeout\": \"300ms\", \"maxDeliveries\": 2, \"deadLetterQueue\": \"" + dead.name() + "\"");
        int messages = 5_000;
        Set<String> acked = ConcurrentHashMap.newKeySet();
        Set<String> twice = ConcurrentHashMap.newKeySet();
        AtomicInteger sent = new AtomicInteger();
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 4; i++) {
                running.add(clients.submit(() -> {
                    for (int n = sent.getAndIncrement(); n < messages; n = sent.getAndIncrement()) {
                        queue.sendText(Integer.toString(n));
                    }
                }));
                running.add(clients.submit(() -> {
                    List<JsonNode> some;
                    do {
                        some = queue.receive("{\"max\": 20, \"wait\": \"2s\"}");
                        for (JsonNode message : some) {
                            int what = Math.floorMod(
                                    QueueClient.body(message).hashCode()
                                            + message.path("deliveries").asInt(),
                                    7);
                            // a seventh of the deliveries is never settled, a seventh is given back
                            if (what == 1) {
                                queue.nack(message);
                            } else if (what > 1
                                    && queue.ack(message).equals("acked")
                                    && !acked.add(QueueClient.body(message))) {
                                twice.add(QueueClient.body(message));
                            }
                        }
                    } while (!some.isEmpty());
                }));
            }
        }
        for (Future<?> client : running) {
            client.get();
        }
        Eventually.within(
                Duration.ofSeconds(10),
                "nothing is left",
                () -> queue.stats().path("ready").asInt()
                                + queue.stats().path("inFlight").asInt()
                        == 0);
        Set<String> all = new HashSet<>(acked);
        List<JsonNode> letters;
        int deadLettered = 0;
        do {
            letters = dead.receive(500);
            deadLettered += letters.size();
            letters.forEach(letter -> all.add(QueueClient.body(letter)));
        } while (!letters.isEmpty());
        assertThat(twice).isEmpty();
        assertThat(deadLettered).as("dead letters, or the run proves nothing").isPositive();
        assertThat(all).hasSize(messages);
        assertThat(acked.size() + deadLettered).isEqualTo(messages);
        JsonNode stats = queue.stats();
        assertThat(stats.path("sent").asInt()).isEqualTo(messages);
        assertThat(stats.path("acked").asInt()).isEqualTo(acked.size());
        assertThat(stats.path("deadLettered").asInt()).isEqualTo(deadLettered);
        assertThat(stats.path("received").asInt() - stats.path("redelivered").asInt()).isEqualTo(messages);
        assertThat(dead.stats().path("inFlight").asInt()).isEqualTo(deadLettered);
    }
}
