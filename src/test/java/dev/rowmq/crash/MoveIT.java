package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Image;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tools.jackson.databind.JsonNode;

/** The move of 1,000,000 messages from H2 to PostgreSQL, killed with -9 at ten moments. */
@Tag("long")
class MoveIT {

    private static final int MESSAGES = 1_000_000;
    private static final int BATCH = 1000;
    private static final int KILLS = 10;

    @TempDir
    Path folder;

    private Process move(String from, String to) throws IOException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx256m",
                        "-jar",
                        Image.builtJar().toString(),
                        "move",
                        "--from=" + from,
                        "--to=" + to)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("move.log").toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }

    private long copied(String target) {
        try {
            return Long.parseLong(
                    Postgres.shared().queryIn(target, "select coalesce(sum(copied), 0) from move_progress"));
        } catch (IllegalStateException notYet) {
            return 0;
        }
    }

    @Test
    void nothing_is_lost_or_there_twice_after_ten_kills() throws Exception {
        String source = "jdbc:h2:file:" + folder.resolve("data/rowmq") + ";DB_CLOSE_ON_EXIT=FALSE";
        String target = TestDatabase.POSTGRESQL.freshUrl();
        List<JsonNode> leased;
        try (ServiceProcess service = new ServiceProcess(folder, "spring.datasource.url=" + source).start()) {
            QueueClient queue = new QueueClient(service.http(), "big");
            service.http().put("/v1/queues/big", "{}").expect(201);
            String batch = String.join(",", Collections.nCopies(BATCH, "{\"body\": \"" + "m".repeat(128) + "\"}"));
            for (int i = 0; i < MESSAGES / BATCH; i++) {
                queue.sendBatch(batch).expect(200);
            }
            leased = queue.receive("{\"max\": 1000, \"visibilityTimeout\": \"2h\"}");
            service.stop();
        }
        int kills = 0;
        long began = System.nanoTime();
        for (long before = 0; kills < KILLS; kills++) {
            Process process = move(source, target);
            // killed a little later each time, once it has gone on
            while (process.isAlive() && copied(target) <= before) {
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
            assertThat(process.isAlive()).as(Files.readString(folder.resolve("move.log"))).isTrue();
            process.waitFor(40L * kills, TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
            before = copied(target);
        }
        Process last = move(source, target);
        assertThat(last.waitFor(300, TimeUnit.SECONDS)).isTrue();
        String log = Files.readString(folder.resolve("move.log"));
        assertThat(log).contains("1,000,000 rows in both", "Everything was moved");
        System.out.printf("move: %,d messages, %d kills, %d s%n%s", MESSAGES, kills,
                (System.nanoTime() - began) / 1_000_000_000, log.lines().filter(line -> line.startsWith("message  "))
                        .reduce((one, other) -> other).orElse("") + "\n");
        assertThat(Postgres.shared().queryIn(target,
                "select count(*) || ' ' || count(distinct position) || ' ' || sum(octet_length(body)) from message"))
                .isEqualTo(MESSAGES + " " + MESSAGES + " " + 128L * MESSAGES);
        try (ServiceProcess service = new ServiceProcess(folder, "spring.datasource.url=" + target).start()) {
            QueueClient queue = new QueueClient(service.http(), "big");
            assertThat(leased).allSatisfy(message -> assertThat(queue.ack(message)).isEqualTo("acked"));
            assertThat(queue.stats().path("ready").asInt()).isEqualTo(MESSAGES - leased.size());
        }
    }
}
