package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class RateLimitTest {

    private static final String MESSAGE = "{\"body\": \"x\"}";

    private final TestDatabase database;
    private final Http http;

    RateLimitTest(TestDatabase database) {
        this.database = database;
        this.http = database.service().http();
    }

    private static String rate(int messagesPerSecond, int burst) {
        return "{\"sendRate\": {\"messagesPerSecond\": %d, \"burst\": %d}}".formatted(messagesPerSecond, burst);
    }

    @Test
    void what_is_too_fast_is_429_and_a_retry_after_what_it_says_succeeds() throws InterruptedException {
        QueueClient queue = http.queue(rate(1, 2));
        queue.send(MESSAGE).expect(201);
        queue.send(MESSAGE).expect(201);
        for (int i = 0; i < 3; i++) {
            Http.Answer refused = queue.send(MESSAGE).expect(429);
            assertThat(refused.code()).isEqualTo("RATE_LIMITED");
            int seconds = Integer.parseInt(refused.response().headers().firstValue("Retry-After").orElseThrow());
            assertThat(seconds).isEqualTo(1);
            Thread.sleep(Duration.ofSeconds(seconds));
            queue.send(MESSAGE).expect(201);
        }
        assertThat(queue.stats().path("ready").asInt()).as("a 429 stored nothing").isEqualTo(5);
    }

    @Test
    void of_a_batch_as_many_are_taken_as_there_is_room_for() {
        QueueClient queue = http.queue(rate(1, 3));
        JsonNode results = queue.sendBatch(String.join(",", java.util.Collections.nCopies(5, MESSAGE)))
                .expect(200)
                .json()
                .path("results");
        assertThat(Http.list(results)).extracting(result -> result.path("status").asString())
                .containsExactly("accepted", "accepted", "accepted", "rejected", "rejected");
        assertThat(results.path(4).path("code").asString()).isEqualTo("RATE_LIMITED");
        assertThat(results.path(4).path("detail").asString()).contains(queue.name()).contains("block");
    }

    @Test
    void a_message_that_breaks_a_rule_takes_no_token() {
        QueueClient queue = http.queue(rate(1, 1));
        queue.send("{\"body\": \"\"}").expect(400);
        queue.send(MESSAGE).expect(201);
    }

    @Test
    void a_send_that_blocks_waits_for_its_turn_and_no_longer_than_it_said() {
        QueueClient queue = http.queue(rate(10, 1));
        long begin = System.nanoTime();
        for (int i = 0; i < 11; i++) {
            http.post(queue.path() + "/messages?block=5s", MESSAGE).expect(201);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isBetween(Duration.ofMillis(950), Duration.ofMillis(3000));

        QueueClient slow = http.queue(rate(1, 2));
        slow.sendBatch(MESSAGE + "," + MESSAGE).expect(200);
        long before = System.nanoTime();
        http.post(slow.path() + "/messages?block=100ms", MESSAGE).expect(429);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofMillis(900));
        assertThat(http.post(
                                slow.path() + "/messages/batch?block=5s",
                                "{\"messages\": [" + MESSAGE + "," + MESSAGE + "]}")
                        .expect(200)
                        .json()
                        .path("results")
                        .findValuesAsString("status"))
                .containsExactly("accepted", "accepted");
        assertThat(http.post(
                                slow.path() + "/messages/batch?block=5s",
                                "{\"messages\": [" + MESSAGE + "," + MESSAGE + "," + MESSAGE + "]}")
                        .expect(200)
                        .json()
                        .path("results")
                        .findValuesAsString("status"))
                .as("never more at once than the burst")
                .containsExactly("accepted", "accepted", "rejected");
    }

    @Test
    void many_senders_together_on_all_instances_are_no_faster_than_the_rate() throws Exception {
        int perSecond = 200;
        int burst = 50;
        List<RunningService> others = new ArrayList<>();
        try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            if (database == TestDatabase.POSTGRESQL) {
                others.add(new RunningService(database.service().databaseUrl()));
            }
            QueueClient queue = http.queue(rate(perSecond, burst));
            List<QueueClient> clients = new ArrayList<>(List.of(queue));
            others.forEach(other -> clients.add(new QueueClient(other.http(), queue.name())));
            long begin = System.nanoTime();
            long end = begin + Duration.ofSeconds(4).toNanos();
            List<Future<Integer>> sums = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                QueueClient client = clients.get(i % clients.size());
                sums.add(senders.submit(sendUntil(client, end)));
            }
            int granted = 0;
            for (Future<Integer> sum : sums) {
                granted += sum.get();
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            assertThat((double) granted)
                    .isLessThanOrEqualTo(perSecond * seconds + burst)
                    .isGreaterThan(0.8 * perSecond * 4);
            assertThat(queue.stats().path("sent").asInt()).isEqualTo(granted);
        } finally {
            others.forEach(RunningService::close);
        }
    }

    private static Callable<Integer> sendUntil(QueueClient client, long end) {
        return () -> {
            int granted = 0;
            while (System.nanoTime() < end) {
                int status = client.send(MESSAGE).status();
                assertThat(status).isIn(201, 429);
                granted += status == 201 ? 1 : 0;
            }
            return granted;
        };
    }

    @Test
    void a_key_has_a_rate_of_its_own_over_all_queues() {
        String secret = "producer-secret-0123456";
        try (RunningService service = new RunningService(
                database.freshUrl(),
                "rowmq.security.api-keys[0].name=admin",
                "rowmq.security.api-keys[0].secret=admin-secret-0123456789",
                "rowmq.security.api-keys[0].role=admin",
                "rowmq.security.api-keys[1].name=producer",
                "rowmq.security.api-keys[1].secret=" + secret,
                "rowmq.security.api-keys[1].role=send",
                "rowmq.security.api-keys[1].send-rate.messages-per-second=1",
                "rowmq.security.api-keys[1].send-rate.burst=2")) {
            Http admin = service.http().withKey("admin-secret-0123456789");
            Http producer = service.http().withKey(secret);
            QueueClient one = new QueueClient(producer, admin.queue().name());
            QueueClient other = new QueueClient(producer, admin.queue(rate(1, 1)).name());
            one.send(MESSAGE).expect(201);
            other.send(MESSAGE).expect(201);
            Http.Answer refused = one.send(MESSAGE).expect(429);
            assertThat(refused.json().path("detail").asString()).contains("producer");
            new QueueClient(admin, one.name()).send(MESSAGE).expect(201);
        }
    }

    @Test
    void a_rate_is_shown_counted_changed_and_taken_away() {
        QueueClient queue = http.queue("{\"sendRate\": {\"messagesPerSecond\": 1}}");
        JsonNode settings = http.get(queue.path()).json().path("settings");
        assertThat(settings.path("sendRate").path("burst").asInt()).isEqualTo(1);
        queue.send(MESSAGE).expect(201);
        queue.send(MESSAGE).expect(429);
        dev.rowmq.support.Eventually.within(
                Duration.ofSeconds(5), "counted", () -> queue.stats().path("rateLimited").asInt() == 1);
        http.put(queue.path(), rate(100, 100)).expect(200);
        queue.send(MESSAGE).expect(201);
        http.put(queue.path(), "{\"sendRate\": {\"messagesPerSecond\": 0}}").expect(200);
        assertThat(http.get(queue.path()).json().path("settings").has("sendRate")).isFalse();
    }
}
