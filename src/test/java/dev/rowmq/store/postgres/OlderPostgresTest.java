package dev.rowmq.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import tools.jackson.databind.JsonNode;

/** The service and its SQL functions on the older versions of PostgreSQL that are in use. */
@Tag("long")
class OlderPostgresTest {

    @ParameterizedTest
    @ValueSource(ints = {14, 15})
    void everything_works_beside_tables_of_a_team(int version) {
        Assumptions.assumeTrue(
                System.getProperty("os.arch").equals("amd64")
                        && Files.exists(Path.of("target/older-postgres/postgres-" + version + ".jar")),
                "skipped: the programs of PostgreSQL " + version + " were not fetched, or are for another processor");
        try (Postgres server = Postgres.ofVersion(version)) {
            assertThat(server.query("show server_version")).startsWith(version + ".");
            String url = server.create("team");
            server.runIn(url, "create table public.message (id int); insert into public.message values (1)");
            try (RunningService service = new RunningService(url)) {
                QueueClient queue = service.http().queue("{\"maxDeliveries\": 2, \"priorities\": 2}");
                overHttp(queue);
                bySql(server, url, queue);
            }
            assertThat(server.queryIn(url, "select count(*) from public.message")).isEqualTo("1");
        }
    }

    private static void overHttp(QueueClient queue) {
        queue.sendBatch("{\"body\": \"a\", \"id\": \"x\"}, {\"body\": \"b\", \"delay\": \"1500ms\"}, {\"body\":"
                        + " \"c\"}, {\"body\": \"d\", \"ttl\": \"1s\", \"priority\": 1}")
                .expect(200);
        assertThat(queue.receive(2)).hasSize(2).allSatisfy(message ->
                assertThat(queue.ack(message)).isEqualTo("acked"));
        Eventually.within(Duration.ofSeconds(5), "expired", () -> queue.stats().path("expired").asInt() == 1);
        JsonNode late = queue.receiveOne();
        assertThat(QueueClient.body(late)).isEqualTo("b");
        assertThat(queue.nack(late)).isEqualTo("nacked");
        assertThat(queue.nack(queue.receiveOne())).isEqualTo("dead");
        assertThat(queue.deadLetters()).hasSize(1);
    }

    private static void bySql(Postgres server, String url, QueueClient queue) {
        String name = "'" + queue.name() + "'";
        server.runIn(url, "select rowmq.send(" + name + ", 'sql', id => 'y')");
        JsonNode message = queue.receiveOne();
        assertThat(QueueClient.body(message)).isEqualTo("sql");
        String receipt = "'" + message.path("receipt").asString() + "'";
        server.runIn(url, "select rowmq.extend(" + receipt + ", '1 min')");
        server.runIn(url, "select rowmq.nack(" + receipt + ", '0')");
        assertThatThrownBy(() -> server.runIn(url, "select rowmq.ack(" + receipt + ")"))
                .hasMessageContaining("the lease of this receipt has ended");
        assertThat(server.queryIn(url, "select count(rowmq.ack(receipt)) from rowmq.receive(" + name + ", 5)"))
                .isEqualTo("1");
        assertThat(server.queryIn(url, "select rowmq.processed(" + name + ", 'y')")).isEqualTo("t");
        assertThat(queue.stats().path("inFlight").asInt() + queue.stats().path("ready").asInt()).isZero();
    }
}
