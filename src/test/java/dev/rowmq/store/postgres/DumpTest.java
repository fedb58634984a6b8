package dev.rowmq.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tools.jackson.databind.JsonNode;

/** A dump by pg_dump and its restore, as src/main/docs/moving.md describes them. Uses Debian's client of version 15. */
class DumpTest {

    @TempDir
    Path folder;

    private static String version() {
        try {
            Process process = new ProcessBuilder("pg_dump", "--version").start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException notInstalled) {
            return "";
        }
    }

    private void run(Postgres server, String program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                program, "-h", "127.0.0.1", "-p", Integer.toString(server.port()), "-U",
                "postgres", "-q"));
        if (program.equals("pg_dump")) {
            command.removeLast();
        }
        command.addAll(List.of(arguments));
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    }

    @Test
    void what_was_there_at_the_dump_is_there_after_the_restore() throws Exception {
        Assumptions.assumeTrue(
                version().contains(" 15.") && Files.exists(Path.of("target/older-postgres/postgres-15.jar")),
                "skipped: it needs Debian's postgresql-client of version 15 and the server of that version");
        try (Postgres server = Postgres.ofVersion(15)) {
            String source = server.create("source");
            JsonNode leased;
            JsonNode after;
            try (RunningService service = new RunningService(source)) {
                service.http().put("/v1/queues/kept", "{}").expect(201);
                QueueClient queue = new QueueClient(service.http(), "kept");
                queue.sendBatch("{\"body\": \"acked\", \"id\": \"a\"}, {\"body\": \"leased\"}, {\"body\": \"ready\"}")
                        .expect(200);
                assertThat(queue.ack(queue.receiveOne())).isEqualTo("acked");
                leased = queue.receive("{\"visibilityTimeout\": \"1h\"}").getFirst();
                run(server, "pg_dump", "--schema=rowmq", "-f", folder.resolve("dump.sql").toString(), "source");
                after = queue.receiveOne();
            }
            String target = server.create("target");
            run(server, "psql", "-v", "ON_ERROR_STOP=1", "-f", folder.resolve("dump.sql").toString(), "-d", "target");
            for (String sequence : List.of("message_position", "lease_token")) {
                server.queryIn(target, "select setval('rowmq." + sequence + "', nextval('rowmq." + sequence
                        + "') + 1000000000)");
            }
            try (RunningService service = new RunningService(target)) {
                QueueClient queue = new QueueClient(service.http(), "kept");
                assertThat(queue.stats().path("inFlight").asInt()).isEqualTo(1);
                assertThat(queue.ack(leased)).as("a lease from before the dump").isEqualTo("acked");
                JsonNode again = queue.receiveOne();
                assertThat(QueueClient.body(again)).isEqualTo("ready");
                assertThat(again.path("fencingToken").asLong()).isGreaterThan(after.path("fencingToken").asLong());
                assertThat(queue.ack(after)).as("a receipt from after the dump").isEqualTo("stale");
                assertThat(queue.send("{\"body\": \"acked\", \"id\": \"a\"}").expect(200).json().path("status")
                        .asString()).isEqualTo("duplicate");
            }
        }
    }
}
