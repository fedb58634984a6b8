package dev.rowmq.contract;

import static dev.rowmq.contract.PushTest.SOON;
import static dev.rowmq.contract.PushTest.called;
import static dev.rowmq.contract.PushTest.empty;
import static dev.rowmq.contract.PushTest.look;
import static dev.rowmq.contract.PushTest.started;
import static dev.rowmq.contract.PushTest.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.Receiver;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The time limits of push; the tests run one after the other. */
@Tag("long")
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class PushTimingTest {

    private static final Map<TestDatabase, RunningService> SERVICES = new EnumMap<>(TestDatabase.class);

    private final TestDatabase database;
    private final Http http;

    PushTimingTest(TestDatabase database) {
        this.database = database;
        this.http = SERVICES.computeIfAbsent(database, any -> started(any.freshUrl())).http();
    }

    @AfterAll
    static void stop() {
        SERVICES.values().forEach(RunningService::close);
        SERVICES.clear();
    }

    @Test
    void what_fails_comes_again_after_growing_rests_and_is_a_dead_letter_at_last() {
        QueueClient queue = http.queue("{\"maxDeliveries\": 3}");
        try (Receiver receiver =
                new Receiver((call, number) -> Receiver.answer(call, 500, "boom\r\n" + "x".repeat(1000)))) {
            subscribe(queue, receiver, "");
            queue.sendText("x");
            called(receiver, 3);
            List<Receiver.Call> calls = receiver.calls();
            assertThat(calls).extracting(call -> call.header("rowmq-deliveries")).containsExactly("1", "2", "3");
            assertThat(calls.stream().map(call -> call.header("webhook-id")).distinct()).hasSize(1);
            assertThat(Duration.ofNanos(calls.get(1).nanos() - calls.get(0).nanos()))
                    .isBetween(Duration.ofMillis(950), Duration.ofMillis(2500));
            assertThat(Duration.ofNanos(calls.get(2).nanos() - calls.get(1).nanos()))
                    .isBetween(Duration.ofMillis(1900), Duration.ofMillis(4000));
            Eventually.within(SOON, "dead", () -> queue.deadLetters().size() == 1);
            assertThat(queue.deadLetters().path(0).path("lastError").asString())
                    .startsWith("HTTP 500: boom\\u000d\\u000ax")
                    .hasSizeLessThan(320);
            assertThat(queue.deadLetters().path(0).path("reason").asString()).isEqualTo("max-deliveries");
        }
    }

    @Test
    void five_failures_in_a_row_open_a_circuit_that_a_probe_closes() {
        QueueClient queue = http.queue("{\"retry\": {\"initial\": \"1ms\", \"multiplier\": 1}, \"maxDeliveries\": 0}");
        java.util.concurrent.atomic.AtomicBoolean works = new java.util.concurrent.atomic.AtomicBoolean();
        try (Receiver receiver = new Receiver((call, number) -> Receiver.answer(call, works.get() ? 200 : 500, ""))) {
            for (int i = 0; i < 10; i++) {
                queue.sendText("x");
            }
            subscribe(queue, receiver, ", \"workers\": 1");
            Eventually.within(
                    SOON,
                    "open",
                    () -> look(queue)
                            .path("deliveries")
                            .path("circuit")
                            .asString()
                            .equals("open"));
            assertThat(http.get("/v1/figures").text()).contains("\"receiver-fails\"");
            called(receiver, 7);
            List<Receiver.Call> calls = List.copyOf(receiver.calls());
            assertThat(Duration.ofNanos(calls.get(4).nanos() - calls.get(0).nanos()))
                    .as("five in a row")
                    .isLessThan(Duration.ofSeconds(3));
            assertThat(Duration.ofNanos(calls.get(4).nanos() - calls.get(3).nanos()))
                    .as("not after four")
                    .isLessThan(Duration.ofMillis(650));
            assertThat(Duration.ofNanos(calls.get(5).nanos() - calls.get(4).nanos()))
                    .as("then a rest, and one probe")
                    .isGreaterThan(Duration.ofMillis(690));
            assertThat(Duration.ofNanos(calls.get(6).nanos() - calls.get(5).nanos()))
                    .as("twice as long")
                    .isGreaterThan(Duration.ofMillis(1390));
            works.set(true);
            empty(queue);
            Eventually.within(
                    SOON,
                    "closed",
                    () -> look(queue)
                            .path("deliveries")
                            .path("circuit")
                            .asString()
                            .equals("closed"));
        }
    }

    @Test
    void a_pause_that_this_instance_was_asked_for_is_noticed_at_once() throws Exception {
        QueueClient queue = http.queue();
        try (Receiver receiver = Receiver.answering(200)) {
            subscribe(queue, receiver, "");
            // the scan once a second alone would detect a few of the pauses in time, but not all of them
            for (int i = 1; i <= 6; i++) {
                queue.sendText("pushed");
                called(receiver, i);
                empty(queue);
                http.post(PushTest.path(queue) + "/pause", null).expect(200);
                Thread.sleep(500);
                queue.sendText("not pushed");
                assertThat(queue.ack(queue.receiveOne())).isEqualTo("acked");
                assertThat(receiver.calls()).hasSize(i);
                http.post(PushTest.path(queue) + "/resume", null).expect(200);
            }
        }
    }

    @Test
    void a_stop_ends_calls_within_5_seconds_and_loses_nothing() throws Exception {
        String url = database.freshUrl();
        try (Receiver receiver = new Receiver((call, number) -> {
            if (number == 1) {
                Thread.sleep(20_000);
            }
            Receiver.answer(call, 200, "");
        })) {
            QueueClient queue;
            long stopped;
            try (RunningService first = started(url)) {
                queue = first.http().queue();
                subscribe(queue, receiver, ", \"timeout\": \"60s\"");
                queue.sendText("x");
                called(receiver, 1);
                stopped = System.nanoTime();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(Duration.ofSeconds(5));
            try (RunningService second = started(url)) {
                QueueClient again = new QueueClient(second.http(), queue.name());
                called(receiver, 2);
                empty(again);
                assertThat(again.stats().path("acked").asLong()).isEqualTo(1);
            }
        }
    }
}
