package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.QueueService;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;

@ParameterizedClass
@EnumSource(TestDatabase.class)
class TopicTest {

    private final TestDatabase database;
    private final Http http;
    private final String path = "/v1/topics/t-" + Long.toString(System.nanoTime(), 36);

    TopicTest(TestDatabase database) {
        this.database = database;
        this.http = database.service().http();
    }

    private static String binding(QueueClient queue, String filter) {
        return "{\"queue\": \"" + queue.name() + "\", \"filter\": " + filter + "}";
    }

    private void bind(String... bindings) {
        http.put(path, "{\"bindings\": [" + String.join(",", bindings) + "]}");
    }

    private List<JsonNode> publish(String message) {
        return Http.list(http.post(path + "/messages", message).expect(200).json().path("results"));
    }

    @Test
    void a_message_goes_to_every_queue_whose_filter_takes_it() {
        QueueClient all = http.queue();
        QueueClient paid = http.queue();
        QueueClient paidInEurope = http.queue();
        http.put(path, "{}").expect(201);
        bind(
                binding(all, "{}"),
                binding(paid, "{\"type\": [\"order.paid\", \"order.refunded\"]}"),
                binding(paidInEurope, "{\"type\": [\"order.paid\"], \"region\": [\"eu\"]}"));

        assertThat(publish("{\"body\": {\"n\": 1}, \"metadata\": {\"type\": \"order.paid\", \"region\": \"us\"}}"))
                .extracting(result -> result.path("queue").asString(), result -> result.path("status").asString())
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(all.name(), "accepted"),
                        org.assertj.core.groups.Tuple.tuple(paid.name(), "accepted"));
        assertThat(publish("{\"body\": \"created\", \"metadata\": {\"type\": \"order.created\"}}")).hasSize(1);

        assertThat(all.receive(10)).hasSize(2);
        JsonNode received = paid.receiveOne();
        assertThat(received.path("body").path("n").asInt()).isEqualTo(1);
        assertThat(received.path("metadata").path("region").asString()).isEqualTo("us");
        assertThat(paidInEurope.receive(10)).isEmpty();
        assertThat(paid.ack(received)).as("each copy is settled on its own").isEqualTo("acked");
    }

    @Test
    void a_waiting_receiver_gets_its_copy_at_once() {
        QueueClient queue = http.queue();
        bind(binding(queue, "{}"));
        var waiting = java.util.concurrent.CompletableFuture.supplyAsync(
                queue::receiveOne, task -> Thread.ofVirtual().start(task));
        publish("{\"body\": \"x\"}");
        assertThat(waiting.orTimeout(5, java.util.concurrent.TimeUnit.SECONDS)
                        .join()
                        .path("body")
                        .asString())
                .isEqualTo("x");
    }

    @Test
    void each_queue_judges_for_itself() {
        QueueClient full = http.queue("{\"maxMessages\": 1}");
        QueueClient small = http.queue("{\"maxMessageSize\": 1024}");
        QueueClient slow = http.queue("{\"sendRate\": {\"messagesPerSecond\": 1}}");
        QueueClient plain = http.queue();
        full.sendText("x");
        slow.sendText("x");
        bind(binding(full, "{}"), binding(small, "{}"), binding(slow, "{}"), binding(plain, "{}"));
        assertThat(publish("{\"body\": \"" + "x".repeat(2000) + "\"}"))
                .extracting(result -> result.path("code").asString(""))
                .containsExactly("QUEUE_FULL", "MESSAGE_TOO_LARGE", "RATE_LIMITED", "");
        assertThat(plain.receive(10)).hasSize(1);
    }

    @Test
    void the_same_id_again_is_stored_once_in_each_queue() {
        QueueClient one = http.queue();
        QueueClient other = http.queue();
        bind(binding(one, "{}"), binding(other, "{}"));
        publish("{\"body\": \"x\", \"id\": \"a\"}");
        assertThat(publish("{\"body\": \"x\", \"id\": \"a\"}"))
                .extracting(result -> result.path("status").asString())
                .containsExactly("duplicate", "duplicate");
        assertThat(one.receive(10)).hasSize(1);
        assertThat(other.receive(10)).hasSize(1);
    }

    @Test
    void when_one_copy_cannot_be_stored_none_is() {
        database.assumeTables();
        QueueClient good = http.queue();
        QueueClient broken = http.queue();
        bind(binding(good, "{}"), binding(broken, "{}"));
        JdbcTemplate jdbc = database.service().bean(JdbcTemplate.class);
        int id = database.service().bean(QueueService.class).get(broken.name()).queue().id();
        jdbc.execute("alter table message add constraint broken check (queue_id <> " + id + ")");
        try {
            http.post(path + "/messages", "{\"body\": \"x\"}").expect(500);
        } finally {
            jdbc.execute("alter table message drop constraint broken");
        }
        assertThat(good.receive(10)).isEmpty();
        assertThat(publish("{\"body\": \"x\"}")).hasSize(2);
    }

    @Test
    void a_queue_that_is_bound_cannot_be_deleted() {
        QueueClient queue = http.queue();
        bind(binding(queue, "{}"));
        Http.Answer refused = http.delete(queue.path());
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.json().path("detail").asString()).contains(path.substring("/v1/topics/".length()));
        bind();
        http.delete(queue.path()).expect(204);
        assertThat(publish("{\"body\": \"x\"}")).isEmpty();
    }

    @Test
    void topics_are_listed_shown_and_deleted() {
        QueueClient queue = http.queue();
        bind(binding(queue, "{\"a\": [\"b\"]}"));
        JsonNode topic = http.get(path).expect(200).json();
        assertThat(topic.path("bindings").path(0).path("filter").path("a").path(0).asString()).isEqualTo("b");
        http.put(path, "{}").expect(200);
        assertThat(http.get(path).json().path("bindings").size()).as("a field left out stays").isEqualTo(1);
        assertThat(http.get("/v1/topics?limit=1000").expect(200).json().path("items").findValuesAsString("name"))
                .contains(path.substring("/v1/topics/".length()));
        http.delete(path).expect(204);
        assertThat(http.get(path).expect(404).code()).isEqualTo("TOPIC_NOT_FOUND");
        http.post(path + "/messages", "{\"body\": \"x\"}").expect(404);
        http.delete(path).expect(404);
    }

    @Test
    void another_instance_sees_new_bindings_within_2_seconds() {
        if (database != TestDatabase.POSTGRESQL) {
            return; // one process per file
        }
        try (RunningService other = new RunningService(database.service().databaseUrl())) {
            http.put(path, "{}").expect(201);
            other.http().post(path + "/messages", "{\"body\": \"x\"}").expect(200);
            QueueClient queue = http.queue();
            bind(binding(queue, "{}"));
            Eventually.within(Duration.ofSeconds(2), "bound there too", () -> other.http()
                            .post(path + "/messages", "{\"body\": \"x\"}")
                            .json()
                            .path("results")
                            .size()
                    == 1);
        }
    }
}
