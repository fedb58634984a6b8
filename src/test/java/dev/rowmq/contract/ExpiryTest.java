package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/**
 * An expired message disappears from every answer at the second of its expiry; a repeated send of its id returns how
 * the message ended.
 */
@ParameterizedClass
@EnumSource(TestDatabase.class)
class ExpiryTest {

    private final Http http;

    ExpiryTest(TestDatabase database) {
        this.http = database.service().http();
    }

    private static String first(Http.Answer duplicate) {
        assertThat(duplicate.expect(200).json().path("status").asString()).isEqualTo("duplicate");
        return duplicate.json().path("first").asString("none");
    }

    @Test
    void an_expired_message_counts_nowhere_and_makes_room() throws Exception {
        QueueClient queue = http.queue("{\"maxMessages\": 3, \"priorities\": 2}");
        queue.send("{\"body\": \"x\", \"ttl\": \"1s\", \"priority\": 0}").expect(201);
        queue.send("{\"body\": \"y\", \"ttl\": \"1s\", \"priority\": 1}").expect(201);
        queue.send("{\"body\": \"stays\", \"priority\": 1}").expect(201);
        assertThat(queue.send("{\"body\": \"z\"}").code()).isEqualTo("QUEUE_FULL");
        Thread.sleep(1050);
        assertThat(queue.send("{\"body\": \"fits\"}").status()).isEqualTo(201);
        JsonNode stats = queue.stats();
        assertThat(stats.path("ready").asInt()).isEqualTo(2);
        assertThat(stats.path("expired").asInt()).isEqualTo(2);
        assertThat(Http.list(http.get(queue.path() + "/messages").expect(200).json().path("items")))
                .extracting(QueueClient::body)
                .containsExactly("stays", "fits");
        queue.receive(10).forEach(queue::ack);
        queue.send("{\"body\": \"alone\", \"ttl\": \"1s\"}").expect(201);
        Thread.sleep(1050);
        assertThat(queue.stats().path("oldestAge").isNull()).isTrue();
        assertThat(Http.list(http.get(queue.path() + "/messages").expect(200).json().path("items"))).isEmpty();
    }

    @Test
    void one_that_expires_in_flight_is_over_when_its_lease_ends_and_others_become_dead_letters() {
        QueueClient queue = http.queue("{\"visibilityTimeout\": \"2s\", \"deadLetterExpired\": true}");
        queue.send("{\"body\": \"taken\", \"ttl\": \"1s\", \"id\": \"t\"}").expect(201);
        queue.receiveOne();
        queue.send("{\"body\": \"waits\", \"ttl\": \"1s\", \"id\": \"w\"}").expect(201);
        Eventually.within(Duration.ofSeconds(8), "both are dead letters", () -> queue.deadLetters().size() == 2);
        assertThat(Http.list(queue.deadLetters()))
                .allMatch(letter -> letter.path("reason").asString().equals("expired"));
        JsonNode stats = queue.stats();
        assertThat(stats.path("ready").asInt() + stats.path("inFlight").asInt()).isZero();
    }

    @Test
    void a_duplicate_says_how_the_first_message_ended_unless_it_was_acked() throws Exception {
        QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
        queue.send("{\"body\": \"x\", \"id\": \"acked\"}").expect(201);
        queue.ack(queue.receiveOne());
        queue.send("{\"body\": \"x\", \"id\": \"dead\"}").expect(201);
        queue.nack(queue.receiveOne());
        assertThat(first(queue.send("{\"body\": \"x\", \"id\": \"dead\"}"))).isEqualTo("none");
        http.delete(queue.path() + "/dead-letters/dead").expect(204);
        queue.send("{\"body\": \"x\", \"id\": \"purged\"}").expect(201);
        queue.send("{\"body\": \"x\", \"id\": \"later\", \"delay\": \"1h\"}").expect(201);
        http.delete(queue.path() + "/messages").expect(202);
        queue.send("{\"body\": \"x\", \"id\": \"expired\", \"ttl\": \"1s\"}").expect(201);
        Thread.sleep(1050);
        queue.stats();

        assertThat(first(queue.send("{\"body\": \"x\", \"id\": \"acked\"}"))).isEqualTo("none");
        assertThat(first(queue.send("{\"body\": \"x\", \"id\": \"dead\"}"))).isEqualTo("deleted");
        assertThat(first(queue.send("{\"body\": \"x\", \"id\": \"purged\"}"))).isEqualTo("purged");
        assertThat(first(queue.send("{\"body\": \"x\", \"id\": \"later\"}"))).isEqualTo("purged");
        assertThat(first(queue.send("{\"body\": \"x\", \"id\": \"expired\"}"))).isEqualTo("expired");
        JsonNode batch = queue.sendBatch("{\"body\": \"x\", \"id\": \"purged\"}").expect(200).json().path("results")
                .path(0);
        assertThat(batch.path("first").asString()).isEqualTo("purged");
        assertThat(http.get(queue.path() + "/processed/purged").status()).isEqualTo(404);
    }

    @Test
    void a_dead_letter_is_settled_alone_also_when_another_has_its_id() {
        QueueClient dead = http.queue();
        QueueClient queue = http.queue("{\"maxDeliveries\": 1, \"deadLetterQueue\": \"" + dead.name() + "\"}");
        http.put(dead.path(), "{\"maxDeliveries\": 1}").expect(200);
        dead.send("{\"body\": \"own\", \"id\": \"same\"}").expect(201);
        dead.nack(dead.receiveOne());
        queue.send("{\"body\": \"other\", \"id\": \"same\"}").expect(201);
        queue.nack(queue.receiveOne());
        dead.nack(dead.receiveOne());
        assertThat(dead.deadLetters().size()).isEqualTo(2);

        http.delete(dead.path() + "/dead-letters/same").expect(204);
        assertThat(dead.deadLetters().size()).isEqualTo(1);
        assertThat(http.post(dead.path() + "/dead-letters/redrive", "{\"ids\": [\"same\", "
                + "\"same\"]}").expect(200).json()
                .path("messages").asInt())
                .isEqualTo(1);
        assertThat(dead.deadLetters().size()).isZero();
        assertThat(dead.stats().path("dead").asInt()).isZero();
    }
}
