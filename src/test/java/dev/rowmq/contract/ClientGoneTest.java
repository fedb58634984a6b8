package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RawHttp;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import tools.jackson.databind.JsonNode;

/** A disconnected client receives no messages, and does not delay other clients. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
class ClientGoneTest {

    private final TestDatabase database;
    private final Http http;

    ClientGoneTest(TestDatabase database) {
        this.database = database;
        this.http = database.service().http();
    }

    private List<RawHttp> polls(QueueClient queue, int number) throws InterruptedException {
        List<RawHttp> polls = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            polls.add(new RawHttp(http).post(queue.path() + "/receive", "{\"wait\": \"30s\"}"));
        }
        Thread.sleep(400);
        return polls;
    }

    private static void leave(List<RawHttp> polls, boolean reset) throws InterruptedException {
        polls.forEach(reset ? (Consumer<RawHttp>) RawHttp::reset : RawHttp::close);
        Thread.sleep(400);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_poll_whose_client_has_gone_takes_nothing(boolean reset) throws Exception {
        QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
        leave(polls(queue, 40), reset);
        for (int i = 0; i < 30; i++) {
            queue.sendText("m" + i);
        }
        List<JsonNode> messages = queue.receive(100);
        assertThat(messages).hasSize(30).allMatch(message -> message.path("deliveries").asInt() == 1);
        assertThat(queue.deadLetters()).isEmpty();
    }

    @Test
    void a_receiver_behind_polls_whose_clients_have_gone_gets_its_message_at_once() throws Exception {
        QueueClient queue = http.queue();
        leave(polls(queue, 3), false);
        try (RawHttp live = new RawHttp(http).post(queue.path() + "/receive", "{\"wait\": \"20s\"}")) {
            Thread.sleep(200);
            long begin = System.nanoTime();
            queue.sendText("x");
            assertThat(live.read()).startsWith("HTTP/1.1 200").contains("\"deliveries\":1");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
        }
    }

    /**
     * The client disconnects at the very moment at which messages arrive: an answer that reaches no client is not a
     * delivery.
     */
    @Test
    void what_was_taken_for_a_client_that_left_at_that_moment_comes_back_at_once() throws Exception {
        QueueClient queue = http.queue("{\"maxDeliveries\": 1, \"visibilityTimeout\": \"1h\"}");
        AtomicInteger answered = new AtomicInteger();
        for (int round = 0; round < 20; round++) {
            List<RawHttp> polls = polls(queue, 2);
            Thread sender = Thread.ofVirtual().start(() -> queue.sendText("x"));
            LockSupport.parkNanos(round * 150_000L);
            polls.stream().filter(RawHttp::resetAnswered).forEach(poll -> answered.incrementAndGet());
            sender.join();
        }
        List<JsonNode> received = new ArrayList<>();
        // in a few rounds at most, an answer can still arrive between the client's check and its disconnect
        Eventually.within(Duration.ofSeconds(10), "all that reached no client is there", () -> {
            received.addAll(queue.receive(100));
            return received.size() + answered.get() >= 16;
        });
        assertThat(received).allMatch(message -> message.path("deliveries").asInt() == 1);
        assertThat(queue.deadLetters()).isEmpty();
    }

    @Test
    void requests_behind_one_that_waits_are_answered_and_a_half_closed_client_gets_its_answer() throws Exception {
        QueueClient queue = http.queue();
        try (RawHttp pipeline = new RawHttp(http)) {
            pipeline.post(queue.path() + "/receive", "{\"wait\": \"1s\"}")
                    .post(queue.path() + "/receive", "{\"wait\": \"1s\"}")
                    .write("GET " + queue.path() + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(pipeline.readAll().split("HTTP/1.1 200", -1)).hasSize(4);
        }
        queue.sendText("x");
        try (RawHttp half = new RawHttp(http)) {
            half.post(queue.path() + "/receive", "{\"wait\": \"5s\"}");
            half.closeSendingHalf();
            assertThat(half.readAll()).startsWith("HTTP/1.1 200").contains("\"body\":\"x\"");
        }
    }

    @Test
    void a_stream_whose_client_has_gone_ends_before_its_next_line() throws Exception {
        QueueClient queue = http.queue();
        RawHttp watcher = new RawHttp(http)
                .write("GET " + queue.path() + "/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(watcher.read()).startsWith("HTTP/1.1 200");
        double before = subscribers();
        watcher.close();
        Eventually.within(Duration.ofSeconds(3), "the subscriber is gone", () -> subscribers() < before);
    }

    private double subscribers() {
        return http.get("/actuator/metrics/rowmq.stream.subscribers").expect(200).json().path("measurements").path(0)
                .path("value").asDouble();
    }
}
