package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;

/** Two services on one PostgreSQL database. */
class TwoInstancesTest {

    @Test
    void what_one_does_the_other_sees() {
        TestDatabase database = TestDatabase.POSTGRESQL;
        try (RunningService other = new RunningService(database.service().databaseUrl())) {
            QueueClient here = database.service().http().queue();
            QueueClient there = new QueueClient(other.http(), here.name());
            CompletableFuture<List<JsonNode>> waiting = CompletableFuture.supplyAsync(
                    () -> here.receive("{\"wait\": \"10s\"}"), task -> Thread.ofVirtual().start(task));
            there.sendText("from there");
            Eventually.within(Duration.ofSeconds(2), "found", waiting::isDone);
            assertThat(waiting.join()).hasSize(1);
            assertThat(there.ack(waiting.join().getFirst())).as("a receipt counts everywhere").isEqualTo("acked");

            there.send("{\"body\": \"x\", \"id\": \"a\"}").expect(201);
            here.send("{\"body\": \"x\", \"id\": \"a\"}").expect(200);

            there.http().post(there.path() + "/pause", null).expect(200);
            Eventually.within(Duration.ofSeconds(2), "paused here too", () -> here.http()
                    .get(here.path())
                    .json()
                    .path("paused")
                    .asBoolean());
            assertThat(here.receive(1)).isEmpty();
        }
    }
}
