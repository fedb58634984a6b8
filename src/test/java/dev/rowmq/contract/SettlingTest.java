package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

@ParameterizedClass
@EnumSource(TestDatabase.class)
class SettlingTest {

    private final Http http;

    SettlingTest(TestDatabase database) {
        this.http = database.service().http();
    }

    @Test
    void a_stale_receipt_can_do_nothing() {
        QueueClient queue = http.queue("{\"visibilityTimeout\": \"200ms\"}");
        queue.sendText("x");
        JsonNode stale = queue.receiveOne();
        JsonNode current = queue.receive("{\"wait\": \"5s\", \"visibilityTimeout\": \"1m\"}").getFirst();

        assertThat(queue.ack(stale)).isEqualTo("stale");
        assertThat(queue.nack(stale)).isEqualTo("stale");
        assertThat(queue.settle("extend", stale, "")).isEqualTo("stale");

        assertThat(queue.stats().path("inFlight").asInt()).isEqualTo(1);
        assertThat(queue.ack(current)).isEqualTo("acked");
        assertThat(queue.ack(stale)).isEqualTo("gone");
    }

    @Test
    void an_ended_lease_that_nobody_took_yet_can_still_be_acked() {
        QueueClient queue = http.queue("{\"visibilityTimeout\": \"100ms\"}");
        queue.sendText("x");
        JsonNode message = queue.receiveOne();
        Eventually.within(Duration.ofSeconds(4), "ready again", () -> queue.stats().path("ready").asInt() == 1);

        assertThat(queue.ack(message)).isEqualTo("acked");

        assertThat(queue.receive(1)).isEmpty();
        assertThat(queue.stats().path("ready").asInt()).isZero();
        assertThat(queue.stats().path("inFlight").asInt()).isZero();
    }

    @Test
    void acks_are_idempotent_and_final() {
        QueueClient queue = http.queue("{\"visibilityTimeout\": \"100ms\"}");
        queue.sendText("x");
        JsonNode message = queue.receiveOne();
        assertThat(queue.ack(message)).isEqualTo("acked");
        assertThat(queue.ack(message)).isEqualTo("gone");
        assertThat(queue.nack(message)).isEqualTo("gone");
        assertThat(queue.receive("{\"wait\": \"1500ms\"}")).isEmpty();
    }

    @Test
    void a_nacked_message_is_no_longer_the_old_receipts() {
        QueueClient queue = http.queue();
        queue.sendText("x");
        JsonNode message = queue.receiveOne();
        assertThat(queue.settle("nack", message, ", \"delay\": \"1h\"")).isEqualTo("nacked");
        assertThat(queue.stats().path("delayed").asInt()).isEqualTo(1);
        assertThat(queue.ack(message)).isEqualTo("stale");
        assertThat(queue.nack(message)).isEqualTo("stale");
        String id = message.path("id").asString();
        assertThat(http.get(queue.path() + "/messages/" + id).expect(200).json().path("state").asString())
                .isEqualTo("delayed");
    }

    @Test
    void extend_keeps_a_message_and_says_until_when() {
        QueueClient queue = http.queue("{\"visibilityTimeout\": \"400ms\"}");
        queue.sendText("x");
        JsonNode message = queue.receiveOne();
        JsonNode result = queue.settleReceipts(
                        "extend", ", \"visibilityTimeout\": \"3s\"", message.path("receipt").asString())
                .path(0);
        assertThat(result.path("status").asString()).isEqualTo("extended");
        assertThat(Instant.parse(result.path("leaseUntil").asString()))
                .isAfter(Instant.parse(message.path("leaseUntil").asString()).plusSeconds(2));
        assertThat(queue.receive("{\"wait\": \"1500ms\"}")).isEmpty();
        assertThat(queue.ack(message)).isEqualTo("acked");
    }

    @Test
    void a_lease_lasts_12_hours_at_the_most() {
        QueueClient queue = http.queue();
        queue.sendText("x");
        JsonNode message = queue.receive("{\"visibilityTimeout\": \"11h\"}").getFirst();
        Instant leased = Instant.parse(message.path("leaseUntil").asString()).minus(Duration.ofHours(11));
        JsonNode result = queue.settleReceipts(
                        "extend", ", \"visibilityTimeout\": \"12h\"", message.path("receipt").asString())
                .path(0);
        assertThat(Instant.parse(result.path("leaseUntil").asString()))
                .isBetween(
                        leased.plus(Duration.ofHours(12)).minusSeconds(1),
                        leased.plus(Duration.ofHours(12)).plusMillis(1));
    }

    @Test
    void receipts_of_other_queues_and_broken_ones_are_invalid() {
        QueueClient queue = http.queue();
        QueueClient other = http.queue();
        queue.sendText("x");
        String receipt = queue.receiveOne().path("receipt").asString();
        String flipped = receipt.substring(0, 20) + (receipt.charAt(20) == 'A' ? 'B' : 'A') + receipt.substring(21);

        assertThat(other.settleReceipts("ack", "", receipt).path(0).path("status").asString()).isEqualTo("invalid");
        for (String broken : new String[] {"", "x", flipped, receipt.substring(1), receipt + "A", receipt + "="}) {
            assertThat(queue.settleReceipts("ack", "", broken).path(0).path("status").asString())
                    .as(broken)
                    .isEqualTo("invalid");
        }
        JsonNode mixed = queue.settleReceipts("ack", "", "x", receipt, receipt);
        assertThat(mixed.path(0).path("status").asString()).isEqualTo("invalid");
        assertThat(mixed.path(1).path("status").asString()).isEqualTo("acked");
    }
}
