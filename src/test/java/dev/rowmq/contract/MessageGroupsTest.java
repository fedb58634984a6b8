package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/** FIFO queues over the service's own API. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
class MessageGroupsTest {

    private final Http http;

    MessageGroupsTest(TestDatabase database) {
        this.http = database.service().http();
    }

    private QueueClient fifo(String settings) {
        return http.queue("{\"fifo\": true" + settings + "}");
    }

    private QueueClient fifo() {
        return fifo("");
    }

    private static void send(QueueClient queue, String group, String... texts) {
        for (String text : texts) {
            queue.send("{\"body\": \"%s\", \"group\": \"%s\"}".formatted(text, group)).expect(201);
        }
    }

    private static List<String> bodies(List<JsonNode> messages) {
        return messages.stream().map(QueueClient::body).toList();
    }

    @Test
    void a_group_comes_in_order_and_only_to_one_receiver_at_a_time() {
        QueueClient queue = fifo();
        send(queue, "a", "a1", "a2", "a3");
        send(queue, "b", "b1");
        List<JsonNode> first = queue.receive(1);
        assertThat(bodies(first)).containsExactly("a1");
        assertThat(first.getFirst().path("group").asString()).isEqualTo("a");
        assertThat(first.getFirst().path("metadata").toString()).isEqualTo("{}");
        assertThat(bodies(queue.receive(10))).containsExactly("b1");
        assertThat(queue.receive(10)).isEmpty();
        queue.ack(first.getFirst());
        assertThat(bodies(queue.receive(10))).containsExactly("a2", "a3");
    }

    @Test
    void messages_of_one_batch_keep_the_group_until_the_last_of_them_is_settled() {
        QueueClient queue = fifo();
        send(queue, "a", "a1", "a2", "a3");
        List<JsonNode> batch = queue.receive(2);
        assertThat(bodies(batch)).containsExactly("a1", "a2");
        queue.ack(batch.getFirst());
        assertThat(queue.receive(10)).isEmpty();
        queue.ack(batch.getLast());
        assertThat(bodies(queue.receive(10))).containsExactly("a3");
    }

    @Test
    void a_message_that_is_given_back_comes_before_its_successors() {
        QueueClient queue = fifo(", \"retry\": {\"initial\": \"0s\"}");
        send(queue, "a", "a1", "a2", "a3");
        List<JsonNode> batch = queue.receive(2);
        queue.ack(batch.getLast());
        assertThat(queue.nack(batch.getFirst())).isEqualTo("nacked");
        List<JsonNode> again = queue.receive(10);
        assertThat(bodies(again)).containsExactly("a1", "a3");
        assertThat(again.getFirst().path("deliveries").asInt()).isEqualTo(2);
    }

    @Test
    void a_message_with_a_backoff_holds_its_group_back_and_no_other() {
        QueueClient queue = fifo();
        send(queue, "a", "a1", "a2");
        JsonNode head = queue.receiveOne();
        queue.settle("nack", head, ", \"delay\": \"2s\"");
        send(queue, "b", "b1");
        assertThat(bodies(queue.receive("{\"max\": 10, \"wait\": \"500ms\"}"))).containsExactly("b1");
        assertThat(queue.receive(10)).isEmpty();
        List<JsonNode> later = queue.receive("{\"max\": 10, \"wait\": \"10s\"}");
        assertThat(bodies(later)).containsExactly("a1", "a2");
    }

    @Test
    void a_lease_that_ends_brings_the_message_back_before_its_successors() {
        QueueClient queue = fifo(", \"retry\": {\"initial\": \"0s\"}");
        send(queue, "a", "a1", "a2");
        queue.receive("{\"max\": 1, \"visibilityTimeout\": \"1s\"}");
        long begin = System.nanoTime();
        assertThat(bodies(queue.receive("{\"max\": 10, \"wait\": \"20s\"}"))).containsExactly("a1", "a2");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(
                Duration.ofMillis(700), Duration.ofSeconds(4));
    }

    @Test
    void a_dead_letter_frees_its_group_and_a_redrive_brings_it_back_to_the_front() {
        QueueClient queue = fifo(", \"maxDeliveries\": 1, \"retry\": {\"initial\": \"0s\"}");
        send(queue, "a", "a1", "a2", "a3");
        assertThat(queue.nack(queue.receiveOne())).isEqualTo("dead");
        JsonNode next = queue.receiveOne();
        assertThat(QueueClient.body(next)).isEqualTo("a2");
        JsonNode letter = queue.deadLetters().get(0);
        assertThat(letter.path("group").asString()).isEqualTo("a");
        queue.http().post(queue.path() + "/dead-letters/redrive", "{\"ids\": [\"%s\"]}".formatted(
                letter.path("id").asString())).expect(200);
        queue.ack(next);
        assertThat(bodies(queue.receive("{\"max\": 10, \"wait\": \"5s\"}"))).containsExactly("a1", "a3");
    }

    @Test
    void a_head_whose_last_lease_ends_becomes_a_dead_letter_and_frees_its_group() {
        QueueClient queue = fifo(", \"maxDeliveries\": 1");
        send(queue, "a", "a1", "a2");
        queue.receive("{\"max\": 1, \"visibilityTimeout\": \"1s\"}");
        assertThat(bodies(queue.receive("{\"max\": 10, \"wait\": \"20s\"}"))).containsExactly("a2");
        Eventually.within(Duration.ofSeconds(5), "a dead letter", () -> queue.deadLetters().size() == 1);
    }

    @Test
    void dead_letters_go_to_the_fifo_queue_named_for_them_with_their_groups() {
        QueueClient dead = fifo();
        QueueClient queue = fifo(", \"maxDeliveries\": 1, \"deadLetterQueue\": \"%s\"".formatted(dead.name()));
        send(queue, "a", "a1", "a2");
        queue.nack(queue.receiveOne());
        queue.nack(queue.receiveOne());
        List<JsonNode> moved = new ArrayList<>();
        Eventually.within(Duration.ofSeconds(5), "moved", () -> moved.addAll(dead.receive(10)) && moved.size() == 2);
        assertThat(bodies(moved)).containsExactly("a1", "a2");
        assertThat(moved.getFirst().path("group").asString()).isEqualTo("a");
    }

    @Test
    void a_waiting_receiver_gets_the_next_message_once_the_one_before_is_acked() throws Exception {
        QueueClient queue = fifo();
        send(queue, "a", "a1", "a2");
        JsonNode head = queue.receiveOne();
        CompletableFuture<List<JsonNode>> waiting = CompletableFuture.supplyAsync(
                () -> queue.receive("{\"wait\": \"20s\"}"), task -> Thread.ofVirtual().start(task));
        Thread.sleep(300);
        long acked = System.nanoTime();
        queue.ack(head);
        assertThat(bodies(waiting.get())).containsExactly("a2");
        assertThat(Duration.ofNanos(System.nanoTime() - acked)).isLessThan(Duration.ofSeconds(1));
    }

    @Test
    void a_purge_frees_the_groups() {
        QueueClient queue = fifo();
        send(queue, "a", "a1", "a2");
        queue.receive(1);
        queue.http().delete(queue.path() + "/messages").expect(202);
        send(queue, "a", "a3");
        assertThat(bodies(queue.receive("{\"max\": 10, \"wait\": \"5s\"}"))).containsExactly("a3");
        assertThat(queue.stats().path("inFlight").asInt()).isOne();
    }

    @Test
    void a_queue_with_a_delay_delivers_in_order_when_the_delay_is_over() {
        QueueClient queue = fifo(", \"delay\": \"2s\"");
        send(queue, "a", "a1", "a2");
        assertThat(queue.receive(10)).isEmpty();
        assertThat(bodies(queue.receive("{\"max\": 10, \"wait\": \"10s\"}"))).first().isEqualTo("a1");
    }

    @Test
    void many_receivers_at_once_never_share_a_group_and_get_everything_in_order() throws Exception {
        QueueClient queue = fifo();
        int groups = 20;
        int each = 30;
        AtomicInteger left = new AtomicInteger(groups * each);
        Map<String, List<Integer>> received = new ConcurrentHashMap<>();
        List<String> violations = java.util.Collections.synchronizedList(new ArrayList<>());
        Map<String, AtomicInteger> busy = new ConcurrentHashMap<>();
        try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int s = 0; s < 4; s++) {
                int sender = s;
                running.add(workers.submit(() -> {
                    for (int n = 0; n < each; n++) {
                        for (int g = sender; g < groups; g += 4) {
                            send(queue, "g" + g, "g" + g + "-" + n);
                        }
                    }
                }));
            }
            for (int r = 0; r < 8; r++) {
                int max = 1 + r;
                running.add(workers.submit(() -> {
                    while (left.get() > 0) {
                        List<JsonNode> messages = queue.receive("{\"max\": %d, \"wait\": \"300ms\"}".formatted(max));
                        Map<String, List<JsonNode>> byGroup = new HashMap<>();
                        messages.forEach(message -> byGroup
                                .computeIfAbsent(message.path("group").asString(), any -> new ArrayList<>())
                                .add(message));
                        byGroup.forEach((group, own) -> {
                            if (busy.computeIfAbsent(group, any -> new AtomicInteger()).getAndIncrement() != 0) {
                                violations.add("two receivers have " + group);
                            }
                            own.forEach(message -> received
                                    .computeIfAbsent(group, any -> new ArrayList<>())
                                    .add(Integer.valueOf(QueueClient.body(message).split("-")[1])));
                        });
                        byGroup.forEach((group, own) -> busy.get(group).decrementAndGet());
                        messages.forEach(queue::ack);
                        left.addAndGet(-messages.size());
                    }
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        assertThat(violations).isEmpty();
        assertThat(received).hasSize(groups);
        received.values().forEach(numbers -> assertThat(numbers)
                .containsExactlyElementsOf(java.util.stream.IntStream.range(0, each).boxed().toList()));
    }

    @Test
    void a_body_sent_again_is_stored_once_when_the_queue_says_so() {
        QueueClient queue = fifo(", \"contentBasedDeduplication\": true");
        Http.Answer first = queue.send("{\"body\": \"x\", \"group\": \"a\"}").expect(201);
        Http.Answer again = queue.send("{\"body\": \"x\", \"group\": \"b\"}").expect(200);
        assertThat(again.json().path("id")).isEqualTo(first.json().path("id"));
        queue.ack(queue.receiveOne());
        queue.send("{\"body\": \"x\", \"group\": \"a\"}").expect(200);
        assertThat(queue.receive(10)).isEmpty();
        assertThat(queue.stats().path("duplicates").asInt()).isEqualTo(2);

        QueueClient perGroup = fifo(", \"contentBasedDeduplication\": true, \"deduplicationScope\": \"messageGroup\"");
        perGroup.send("{\"body\": \"x\", \"group\": \"a\"}").expect(201);
        perGroup.send("{\"body\": \"x\", \"group\": \"b\"}").expect(201);
        perGroup.send("{\"body\": \"x\", \"group\": \"b\"}").expect(200);
    }

    @Test
    void an_id_of_its_own_serves_in_a_fifo_queue_too() {
        QueueClient queue = fifo();
        queue.send("{\"body\": \"x\", \"group\": \"a\", \"id\": \"one\"}").expect(201);
        queue.send("{\"body\": \"x\", \"group\": \"a\", \"id\": \"one\"}").expect(200);
        queue.send("{\"body\": \"y\", \"group\": \"a\", \"id\": \"one\"}").expect(422);
        JsonNode message = queue.receiveOne();
        assertThat(message.path("id").asString()).isEqualTo("one");
        assertThat(queue.receive(10)).isEmpty();
        queue.ack(message);
        queue.send("{\"body\": \"x\", \"group\": \"a\", \"id\": \"one\"}").expect(200);
    }

    @Test
    void bad_groups_and_settings_are_refused_by_name() {
        QueueClient queue = fifo();
        refused(queue.send("{\"body\": \"x\"}"), "group");
        refused(queue.send("{\"body\": \"x\", \"group\": \"\"}"), "group");
        refused(queue.send("{\"body\": \"x\", \"group\": \"a b\"}"), "group");
        refused(queue.send("{\"body\": \"x\", \"group\": \"%s\"}".formatted("a".repeat(129))), "group");
        refused(queue.send("{\"body\": \"x\", \"group\": \"a\", \"delay\": \"5s\"}"), "delay");
        refused(
                queue.send("{\"body\": \"x\", \"group\": \"a\", \"deliverAt\": \"2026-12-01T08:00:00Z\"}"),
                "deliverAt");
        refused(http.put(queue.path(), "{\"fifo\": false}"), "fifo");
        refused(http.put(queue.path(), "{\"priorities\": 2}"), "priorities");
        refused(http.put(queue.path(), "{\"deduplicationScope\": \"all\"}"), "deduplicationScope");
        refused(http.put(queue.path(), "{\"deadLetterQueue\": \"%s\"}".formatted(http.queue().name())),
                "deadLetterQueue");
        QueueClient standard = http.queue();
        refused(http.put(standard.path(), "{\"fifo\": true}"), "fifo");
        refused(http.put(standard.path(), "{\"contentBasedDeduplication\": true}"), "contentBasedDeduplication");
        assertThat(queue.stats().path("ready").asInt()).isZero();
        JsonNode settings = http.get(queue.path()).expect(200).json().path("settings");
        assertThat(settings.path("fifo").asBoolean()).isTrue();
        assertThat(settings.path("deduplicationScope").asString()).isEqualTo("queue");
    }

    private static void refused(Http.Answer answer, String field) {
        assertThat(answer.status()).isBetween(400, 422);
        assertThat(answer.text()).contains(field);
    }

    @Test
    void a_standard_queue_takes_a_group_and_shows_it() {
        QueueClient queue = http.queue();
        send(queue, "a", "a1", "a2");
        List<JsonNode> both = queue.receive(1);
        both = new ArrayList<>(both);
        both.addAll(queue.receive(1));
        assertThat(bodies(both)).containsExactly("a1", "a2");
        assertThat(both.getFirst().path("group").asString()).isEqualTo("a");
    }

    @Test
    void a_message_given_back_waits_while_its_receiver_has_others_of_the_group() {
        QueueClient queue = fifo(", \"retry\": {\"initial\": \"0s\"}");
        send(queue, "a", "a1", "a2", "a3");
        List<JsonNode> both = queue.receive(2);
        queue.nack(both.getFirst());
        assertThat(queue.receive(10)).isEmpty();
        queue.ack(both.getLast());
        assertThat(bodies(queue.receive(10))).containsExactly("a1", "a3");
    }

    @Test
    void a_group_with_thousands_of_purged_messages_is_open_at_once() {
        QueueClient queue = fifo();
        String batch = String.join(",", java.util.Collections.nCopies(500, "{\"body\": \"old\", \"group\": \"a\"}"));
        // more than one claim reads
        for (int i = 0; i < 22; i++) {
            queue.sendBatch(batch).expect(200);
        }
        queue.http().delete(queue.path() + "/messages").expect(202);
        Eventually.within(Duration.ofSeconds(20), "purged", () -> queue.stats().path("ready").asInt() == 0);
        send(queue, "b", "b1");
        send(queue, "a", "new");
        List<String> received = new ArrayList<>();
        Eventually.within(Duration.ofSeconds(10), "both were received", () -> {
            received.addAll(bodies(queue.receive("{\"max\": 10, \"wait\": \"1s\"}")));
            return received.size() == 2;
        });
        assertThat(received).containsExactlyInAnyOrder("b1", "new");
    }

    @Test
    void a_head_that_is_used_up_by_a_new_limit_becomes_a_dead_letter() {
        QueueClient queue = fifo(", \"maxDeliveries\": 5, \"retry\": {\"initial\": \"0s\"}");
        send(queue, "a", "a1", "a2");
        queue.nack(queue.receiveOne());
        queue.nack(queue.receiveOne());
        http.put(queue.path(), "{\"maxDeliveries\": 2}").expect(200);
        assertThat(bodies(queue.receive("{\"max\": 10, \"wait\": \"30s\"}"))).containsExactly("a2");
    }

    @Test
    void a_fifo_queue_is_exported_and_imported_with_its_groups() {
        QueueClient queue = fifo(", \"contentBasedDeduplication\": true, \"delay\": \"2s\"");
        send(queue, "a", "same");
        send(queue, "b", "other");
        String lines = ExportTest.export(queue);
        QueueClient copy = fifo(", \"contentBasedDeduplication\": true");
        ExportTest.load(copy, lines).expect(200);
        List<JsonNode> both = copy.receive(10);
        assertThat(bodies(both)).containsExactlyInAnyOrder("same", "other");
        assertThat(both).extracting(message -> message.path("group").asString()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void webhooks_are_refused_for_a_fifo_queue() {
        QueueClient queue = fifo();
        Http.Answer answer = http.put(
                queue.path() + "/subscriptions/hook", "{\"url\": \"https://hooks.example.com/in\"}");
        assertThat(answer.status()).isEqualTo(400);
    }
}
