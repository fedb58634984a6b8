package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;

/** Two services on one PostgreSQL database. */
@Tag("long")
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

    @Test
    void who_has_waited_long_on_one_soon_gets_what_is_sent_to_the_other() throws Exception {
        TestDatabase database = TestDatabase.POSTGRESQL;
        try (RunningService other = new RunningService(database.service().databaseUrl())) {
            QueueClient here = database.service().http().queue();
            QueueClient there = new QueueClient(other.http(), here.name());
            // long enough for polls to become rare, and for the instances to detect each other
            Thread.sleep(Duration.ofSeconds(4));
            List<Long> millis = new ArrayList<>();
            for (int i = 0; i < 15; i++) {
                CompletableFuture<JsonNode> waiting =
                        CompletableFuture.supplyAsync(here::receiveOne, task -> Thread.ofVirtual().start(task));
                Thread.sleep(1500);
                long sent = System.nanoTime();
                there.sendText("from there");
                here.ack(waiting.join());
                millis.add((System.nanoTime() - sent) / 1_000_000);
            }
            millis.sort(null);
            System.out.printf("across instances: median %d ms, most %d ms%n", millis.get(7), millis.getLast());
            assertThat(millis.get(7)).isLessThan(100);
        }
    }
}
