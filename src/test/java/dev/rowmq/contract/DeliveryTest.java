package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

@ParameterizedClass
@EnumSource(TestDatabase.class)
class DeliveryTest {

    private final Http http;

    DeliveryTest(TestDatabase database) {
        this.http = database.service().http();
    }

    @Test
    void what_was_sent_comes_back_as_it_was() {
        QueueClient queue = http.queue();
        queue.send("{\"body\": \"h\\u00e9llo \\ud83d\\ude00\", \"metadata\": {\"type\": \"a b\"}}").expect(201);
        queue.send("{\"body\": {\"n\": 1.50, \"deep\": [1, {\"x\": null}]}}").expect(201);
        queue.send("{\"bodyBase64\": \"AAEC/w==\"}").expect(201);
        queue.send("{\"body\": false}").expect(201);

        Http.Answer answer = http.post(queue.path() + "/receive", "{\"max\": 10}").expect(200);
        List<JsonNode> messages = Http.list(answer.json().path("messages"));

        assertThat(messages.get(0).path("body").asString()).isEqualTo("h\u00e9llo \ud83d\ude00");
        assertThat(messages.get(0).path("metadata").path("type").asString()).isEqualTo("a b");
        assertThat(answer.text()).contains("\"body\":{\"n\":1.50,\"deep\":[1,{\"x\":null}]}");
        assertThat(messages.get(2).path("bodyBase64").asString()).isEqualTo("AAEC/w==");
        assertThat(messages.get(2).has("body")).isFalse();
        assertThat(messages.get(3).path("body").isBoolean()).isTrue();
    }

    @Test
    void fifty_receivers_lease_each_of_10_000_messages_once() throws Exception {
        QueueClient queue = http.queue("{\"visibilityTimeout\": \"10m\"}");
        for (int batch = 0; batch < 10; batch++) {
            int first = batch * 1000;
            queue.sendBatch(IntStream.range(first, first + 1000)
                            .mapToObj(i -> "{\"body\": \"" + i + "\"}")
                            .collect(Collectors.joining(",")))
                    .expect(200);
        }
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService receivers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                int max = 1 + i % 17;
                running.add(receivers.submit(() -> {
                    List<JsonNode> messages;
                    do {
                        messages = queue.receive(max);
                        assertThat(messages).hasSizeLessThanOrEqualTo(max);
                        messages.forEach(message -> got.add(QueueClient.body(message)));
                    } while (!messages.isEmpty());
                }));
            }
            for (Future<?> receiver : running) {
                receiver.get();
            }
        }
        assertThat(got).hasSize(10_000).doesNotHaveDuplicates();
        assertThat(queue.stats().path("inFlight").asInt()).isEqualTo(10_000);
    }

    @Test
    void messages_of_a_level_come_in_the_order_of_sending_and_levels_in_their_order() {
        QueueClient queue = http.queue("{\"priorities\": 3}");
        int[] priorities = {2, 0, 1, 7, 0, 2, 1, -1};
        for (int i = 0; i < priorities.length; i++) {
            queue.send("{\"body\": \"" + i + "\", \"priority\": " + priorities[i] + "}").expect(201);
        }
        queue.send("{\"body\": \"none\"}").expect(201);

        List<String> bodies = queue.receive(20).stream().map(QueueClient::body).toList();

        assertThat(bodies).containsExactly("1", "4", "2", "6", "0", "3", "5", "7", "none");
    }

    @Test
    void a_message_of_a_level_that_the_queue_no_longer_has_is_delivered() {
        QueueClient queue = http.queue("{\"priorities\": 5}");
        queue.send("{\"body\": \"low\", \"priority\": 4}").expect(201);
        http.put(queue.path(), "{\"priorities\": 1}").expect(200);

        assertThat(QueueClient.body(queue.receiveOne())).isEqualTo("low");
    }

    @Test
    void deliveries_count_up_and_tokens_grow_until_the_message_is_a_dead_letter() {
        QueueClient queue = http.queue("{\"maxDeliveries\": 3}");
        String id = queue.sendText("poison");
        long token = 0;
        for (int delivery = 1; delivery <= 3; delivery++) {
            JsonNode message = queue.receiveOne();
            assertThat(message.path("deliveries").asInt()).isEqualTo(delivery);
            assertThat(message.path("fencingToken").asLong()).isGreaterThan(token);
            token = message.path("fencingToken").asLong();
            assertThat(queue.settle("nack", message, ", \"error\": \"boom " + delivery + "\""))
                    .isEqualTo(delivery < 3 ? "nacked" : "dead");
        }
        assertThat(queue.receive(1)).isEmpty();
        JsonNode letter = http.get(queue.path() + "/dead-letters/" + id).expect(200).json();
        assertThat(letter.path("reason").asString()).isEqualTo("max-deliveries");
        assertThat(letter.path("lastError").asString()).isEqualTo("boom 3");
        assertThat(letter.path("deliveries").asInt()).isEqualTo(3);
        assertThat(letter.path("body").asString()).isEqualTo("poison");

        http.post(queue.path() + "/dead-letters/redrive", "{\"ids\": [\"" + id + "\", \"unknown\"]}")
                .expect(200)
                .json()
                .path("ids")
                .forEach(found -> assertThat(found.asString()).isEqualTo(id));

        JsonNode again = queue.receiveOne();
        assertThat(again.path("id").asString()).isEqualTo(id);
        assertThat(again.path("deliveries").asInt()).isEqualTo(1);
        assertThat(again.path("fencingToken").asLong()).isGreaterThan(token);
        assertThat(queue.deadLetters()).isEmpty();
        assertThat(queue.ack(again)).isEqualTo("acked");
        assertThat(queue.receive(1)).isEmpty();
    }

    @Test
    void a_lease_that_ends_counts_as_a_delivery_and_after_the_last_the_message_is_a_dead_letter() {
        QueueClient queue = http.queue("{\"maxDeliveries\": 2, \"visibilityTimeout\": \"300ms\"}");
        queue.send("{\"body\": \"x\", \"id\": \"own-1\"}").expect(201);
        assertThat(queue.receiveOne().path("deliveries").asInt()).isEqualTo(1);
        assertThat(queue.receiveOne().path("deliveries").asInt()).isEqualTo(2);

        Eventually.within(Duration.ofSeconds(4), "dead letter", () -> queue.deadLetters().size() == 1);

        assertThat(queue.receive(1)).isEmpty();
        JsonNode letter = queue.deadLetters().path(0);
        assertThat(letter.path("id").asString()).isEqualTo("own-1");
        assertThat(letter.path("reason").asString()).isEqualTo("max-deliveries");
        assertThat(queue.stats().path("dead").asInt()).isEqualTo(1);
        assertThat(queue.stats().path("inFlight").asInt()).isZero();
    }

    @Test
    void dead_letters_go_to_the_queue_that_takes_them() {
        QueueClient dead = http.queue();
        QueueClient queue = http.queue("{\"maxDeliveries\": 1, \"deadLetterQueue\": \"" + dead.name() + "\"}");
        queue.send("{\"body\": \"x\", \"id\": \"own-1\", \"metadata\": {\"a\": \"b\"}}").expect(201);
        assertThat(queue.settle("nack", queue.receiveOne(), ", \"error\": \"no good\"")).isEqualTo("dead");

        JsonNode letter = dead.receiveOne();

        assertThat(letter.path("id").asString()).isEqualTo("own-1");
        assertThat(letter.path("deliveries").asInt()).isEqualTo(1);
        assertThat(letter.path("metadata").path("a").asString()).isEqualTo("b");
        assertThat(letter.path("metadata").path("rowmq.dead-letter.queue").asString()).isEqualTo(queue.name());
        assertThat(letter.path("metadata").path("rowmq.dead-letter.error").asString()).isEqualTo("no good");
        assertThat(queue.deadLetters()).isEmpty();
        assertThat(http.get(dead.path() + "/messages/own-1").expect(200).json().path("state").asString())
                .isEqualTo("inFlight");
        assertThat(dead.ack(letter)).isEqualTo("acked");
    }

    @Test
    void all_dead_letters_are_redriven_no_faster_than_asked() {
        QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
        queue.sendBatch(IntStream.range(0, 50)
                        .mapToObj(i -> "{\"body\": \"" + i + "\"}")
                        .collect(Collectors.joining(",")))
                .expect(200);
        String[] receipts = queue.receive(50).stream().map(m -> m.path("receipt").asString()).toArray(String[]::new);
        queue.settleReceipts("nack", "", receipts);
        assertThat(queue.stats().path("dead").asInt()).isEqualTo(50);

        long start = System.nanoTime();
        http.post(queue.path() + "/dead-letters/redrive", "{\"all\": true, \"messagesPerSecond\": 100}").expect(202);
        Eventually.within(Duration.ofSeconds(5), "redriven", () -> queue.stats().path("ready").asInt() == 50);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(350));
        // messages that came back are before the place where the next claim begins, which looks back now and then only
        Set<String> bodies = new HashSet<>();
        Eventually.within(Duration.ofSeconds(5), "all can be received", () -> {
            queue.receive(100).forEach(message -> assertThat(bodies.add(QueueClient.body(message))).isTrue());
            return bodies.size() == 50;
        });
    }

    @Test
    void dead_letters_can_be_removed_one_or_all() {
        QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
        for (String id : List.of("a", "b", "c")) {
            queue.send("{\"body\": \"x\", \"id\": \"" + id + "\"}").expect(201);
            queue.nack(queue.receiveOne());
        }
        JsonNode page = http.get(queue.path() + "/dead-letters?limit=2").expect(200).json();
        assertThat(page.path("items").size()).isEqualTo(2);
        JsonNode rest = http.get(queue.path() + "/dead-letters?limit=2&cursor=" + page.path("nextCursor").asString())
                .expect(200)
                .json();
        assertThat(rest.path("items").path(0).path("id").asString()).isEqualTo("c");
        assertThat(rest.path("nextCursor").isNull()).isTrue();

        http.delete(queue.path() + "/dead-letters/b").expect(204);
        http.delete(queue.path() + "/dead-letters/b").expect(404);
        assertThat(http.delete(queue.path() + "/dead-letters")
                        .expect(202)
                        .json()
                        .path("messages")
                        .asInt())
                .isEqualTo(2);
        assertThat(queue.deadLetters()).isEmpty();
        assertThat(queue.stats().path("dead").asInt()).isZero();
    }

    @Test
    void a_nacked_message_rests_as_the_retry_policy_says() {
        QueueClient queue = http.queue(
                "{\"maxDeliveries\": 0, \"retry\": {\"initial\": \"300ms\", \"multiplier\": 5, \"max\": \"1500ms\"}}");
        queue.sendText("x");
        long[] atLeast = {300, 1500, 1500};
        for (long rest : atLeast) {
            JsonNode message = queue.receiveOne();
            assertThat(queue.nack(message)).isEqualTo("nacked");
            long since = System.nanoTime();
            JsonNode next = queue.receiveOne();
            long waited = (System.nanoTime() - since) / 1_000_000;
            assertThat(waited).isBetween(rest - 10, rest + 1000);
            assertThat(queue.settle("extend", next, ", \"visibilityTimeout\": \"0s\"")).isEqualTo("extended");
        }
    }

    @Test
    void an_ended_lease_rests_as_the_retry_policy_says() {
        QueueClient queue =
                http.queue("{\"visibilityTimeout\": \"200ms\", \"retry\": {\"initial\": \"1200ms\"}}");
        queue.sendText("x");
        JsonNode first = queue.receiveOne();
        Instant leaseUntil = Instant.parse(first.path("leaseUntil").asString());
        JsonNode second = queue.receiveOne();
        Instant leased = Instant.parse(second.path("leaseUntil").asString()).minusMillis(200);
        assertThat(leased).isAfterOrEqualTo(leaseUntil.plusMillis(1200));
        assertThat(leased).isBefore(leaseUntil.plusMillis(3200));
    }

    @Test
    void delayed_messages_come_never_early_and_at_most_a_second_late() throws Exception {
        QueueClient queue = http.queue();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        List<Integer> delays = List.of(0, 150, 700, 990, 1010, 1400, 2100);
        for (int delay : delays) {
            queue.send("{\"body\": \"" + delay + "\", \"delay\": \"" + delay + "ms\"}").expect(201);
        }
        Instant at = Instant.now().plusMillis(2600);
        queue.send("{\"body\": \"at\", \"deliverAt\": \"" + at + "\"}").expect(201);
        queue.send("{\"body\": \"past\", \"deliverAt\": \"2001-01-01T00:00:00+01:00\"}").expect(201);
        while (seen.size() < delays.size() + 2) {
            JsonNode message = queue.receiveOne();
            seen.add(QueueClient.body(message));
            Instant enqueued = Instant.parse(message.path("enqueuedAt").asString());
            Instant leased = Instant.parse(message.path("leaseUntil").asString()).minusSeconds(30);
            Instant due =
                    switch (QueueClient.body(message)) {
                        case "at" -> at;
                        case "past" -> enqueued;
                        default -> enqueued.plusMillis(Long.parseLong(QueueClient.body(message)));
                    };
            assertThat(leased).isAfterOrEqualTo(due);
            assertThat(leased).isBefore(due.plusMillis(1000));
        }
        assertThat(queue.stats().path("delayed").asInt()).isZero();
    }

    @Test
    void an_expired_message_is_never_delivered() throws Exception {
        QueueClient queue = http.queue();
        queue.send("{\"body\": \"short\", \"ttl\": \"1s\"}").expect(201);
        queue.send("{\"body\": \"long\", \"ttl\": \"1h\"}").expect(201);
        Thread.sleep(1100);
        assertThat(queue.receive(10)).hasSize(1).allMatch(message -> QueueClient.body(message).equals("long"));
    }
}
