package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/**
 * Tasks that move, redrive and delete many messages, while the service is killed with -9 at any moment: nothing is
 * lost, nothing is moved twice, and what no task chose stays. Receivers take what arrives at the same time.
 */
@Tag("long")
class MessageTaskIT {

    private static final int KILLS = 2;
    private static final int MESSAGES = 1200;
    private static final int DEAD = 400;

    /** What receivers saw of one queue. */
    private static final class Seen {

        final Set<String> ids = ConcurrentHashMap.newKeySet();
        final Map<String, AtomicInteger> firstDeliveries = new ConcurrentHashMap<>();

        void add(JsonNode message) {
            String id = message.path("id").asString();
            ids.add(id);
            if (message.path("deliveries").asInt() == 1) {
                firstDeliveries.computeIfAbsent(id, any -> new AtomicInteger()).incrementAndGet();
            }
        }

        List<String> twice() {
            return firstDeliveries.entrySet().stream()
                    .filter(entry -> entry.getValue().get() > 1)
                    .map(Map.Entry::getKey)
                    .toList();
        }
    }

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void tasks_lose_and_repeat_nothing_under_kills(TestDatabase database, @TempDir Path folder) throws Exception {
        long seed = Long.getLong("rowmq.seed", System.nanoTime());
        Random random = new Random(seed);
        String url = database.freshUrl();
        Seen moved = new Seen();
        Seen redriven = new Seen();
        int resumed = 0;
        try (ServiceProcess service =
                new ServiceProcess(folder, "spring.datasource.url=" + url, "logging.level.root=warn")) {
            service.start();
            Http http = service.http();
            QueueClient source = filled(http, "source");
            QueueClient kept = filled(http, "kept");
            QueueClient target = queue(http, "target", "{\"maxDeliveries\": 0}");
            QueueClient failed = dead(http);
            String even = "\"filter\": {\"text\": \"even\"}, \"messagesPerSecond\": 60";
            List<String> tasks = List.of(
                    task(source, "{\"action\": \"move\", \"destination\": \"target\", " + even + "}"),
                    task(kept, "{\"action\": \"delete\", " + even + "}"),
                    task(failed, "{\"action\": \"redrive\", \"messagesPerSecond\": 40}"));
            for (int kill = 0; kill < KILLS; kill++) {
                long end = System.nanoTime() + Duration.ofMillis(1500 + random.nextInt(1000)).toNanos();
                while (System.nanoTime() < end) {
                    take(target, moved);
                    take(failed, redriven);
                }
                service.kill();
                resumed += takenFromTheDead(url);
                service.start();
            }
            for (String task : tasks) {
                Eventually.within(Duration.ofSeconds(90), "the task ends", () -> {
                    take(target, moved);
                    take(failed, redriven);
                    return http.get("/v1/tasks/" + task).json().path("status").asString().equals("completed");
                });
            }
            Eventually.within(Duration.ofSeconds(90), "all is received", () -> {
                take(target, moved);
                take(failed, redriven);
                return moved.ids.size() == MESSAGES / 2
                        && redriven.ids.size() == DEAD
                        && empty(target)
                        && empty(failed);
            });
            System.out.printf("tasks on %s seed %d: %d kills, %d runs taken over%n", database, seed, KILLS, resumed);
            assertThat(resumed).as("tasks that a kill cut, or the run proves nothing").isGreaterThan(KILLS);
            assertThat(moved.ids).isEqualTo(ids(0));
            assertThat(moved.twice()).as("moved twice").isEmpty();
            assertThat(target.stats().path("sent").asInt()).as("arrived").isEqualTo(MESSAGES / 2);
            assertThat(redriven.twice()).as("redriven twice").isEmpty();
            assertThat(failed.stats().path("dead").asInt()).isZero();
            for (QueueClient queue : List.of(source, kept)) {
                Seen left = new Seen();
                while (left.ids.size() < MESSAGES / 2) {
                    take(queue, left);
                }
                assertThat(left.ids).as(queue.name()).isEqualTo(ids(1));
                assertThat(empty(queue)).as(queue.name()).isTrue();
            }
            service.stop();
            assertThat(KillCyclesIT.counted(url).subList(0, 4)).as("counters beside a full count")
                    .isEqualTo(KillCyclesIT.fullCount(url).subList(0, 4));
        }
    }

    private static QueueClient queue(Http http, String name, String settings) {
        http.put("/v1/queues/" + name, settings).expect(201);
        return new QueueClient(http, name);
    }

    private static QueueClient filled(Http http, String name) {
        QueueClient queue = queue(http, name, "{\"maxDeliveries\": 0}");
        for (int sent = 0; sent < MESSAGES; sent += 300) {
            queue.sendBatch(IntStream.range(sent, sent + 300)
                            .mapToObj(i -> "{\"id\": \"m-%d\", \"body\": \"%s\"}"
                                    .formatted(i, i % 2 == 0 ? "even" : "odd"))
                            .collect(Collectors.joining(",")))
                    .expect(200);
        }
        return queue;
    }

    private static Set<String> ids(int remainder) {
        return IntStream.range(0, MESSAGES)
                .filter(i -> i % 2 == remainder)
                .mapToObj(i -> "m-" + i)
                .collect(Collectors.toSet());
    }

    /** A queue whose messages have all failed, and may be delivered without end from now on. */
    private static QueueClient dead(Http http) {
        QueueClient queue = queue(http, "failed", "{\"maxDeliveries\": 1}");
        queue.sendBatch(IntStream.range(0, DEAD)
                        .mapToObj(i -> "{\"id\": \"d-%d\", \"body\": \"x\"}".formatted(i))
                        .collect(Collectors.joining(",")))
                .expect(200);
        while (queue.stats().path("dead").asInt() < DEAD) {
            queue.receive(100).forEach(queue::nack);
        }
        http.put(queue.path(), "{\"maxDeliveries\": 0}").expect(200);
        return queue;
    }

    private static String task(QueueClient queue, String request) {
        return queue.http().post(queue.path() + "/tasks", request).expect(202).json().path("id").asString();
    }

    /** Receives and acks; an ack that a kill cuts leaves a message that comes again. */
    private static void take(QueueClient queue, Seen seen) {
        try {
            Http.Answer answer = queue.http()
                    .post(queue.path() + "/receive", "{\"max\": 50, \"visibilityTimeout\": \"5s\"}");
            if (answer.status() == 200) {
                for (JsonNode message : Http.list(answer.json().path("messages"))) {
                    seen.add(message);
                    queue.ack(message);
                }
            }
        } catch (RuntimeException | AssertionError cut) {
            // the service was killed at this moment
        }
    }

    private static boolean empty(QueueClient queue) {
        JsonNode stats = queue.stats();
        return stats.path("ready").asInt() + stats.path("inFlight").asInt() == 0;
    }

    /** Lets the next start take over the tasks at once, in place of half a minute later; returns their number. */
    private static int takenFromTheDead(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            return connection.createStatement().executeUpdate("update message_task set alive_at = alive_at"
                    + " - interval '31' second where active_source is not null");
        }
    }
}
