package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.SmallDisk;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tools.jackson.databind.JsonNode;

/**
 * On a full disk, sends are refused with STORE_FULL and no accepted message is lost. H2 still accepts acks; PostgreSQL
 * may refuse them until there is free space.
 */
@Tag("long")
class FullDiskTest {

    private static final int BODY = 200_000;

    private final Random random = new Random(7);
    private final Set<String> accepted = new HashSet<>();

    private static SmallDisk disk(Path folder, int megabytes) {
        Optional<SmallDisk> disk = SmallDisk.mount(folder, megabytes);
        assumeTrue(disk.isPresent(), "skipped: this process may not mount a small file system");
        return disk.orElseThrow();
    }

    @Test
    void h2_refuses_sends_is_drained_and_works_again_after_its_last_byte_was_taken(@TempDir Path folder)
            throws Exception {
        try (SmallDisk disk = disk(folder, 120);
                RunningService service =
                        new RunningService("jdbc:h2:file:" + folder.resolve("rowmq"), "logging.level.root=off")) {
            Http http = service.http();
            QueueClient queue = http.queue("{\"visibilityTimeout\": \"1h\"}");
            String refused = sendUntilRefused(queue);
            assertThat(refused).isEqualTo("503 STORE_FULL");
            assertThat(http.get("/actuator/health/readiness").status()).as("readiness while sends are refused")
                    .isEqualTo(200);
            int sent = accepted.size();
            drain(queue);
            assertThat(accepted).as("accepted and not received, of " + sent).isEmpty();
            works(queue, "when there is room again");

            disk.fill();
            assertThat(sendUntilRefused(queue)).isEqualTo("503 STORE_FULL");
            disk.free();
            works(queue, "when the last byte was free again");
            Eventually.within(Duration.ofSeconds(5), "readiness",
                    () -> http.get("/actuator/health/readiness").status() == 200);
            drain(queue);
            assertThat(accepted).as("accepted and not received after the disk was filled").isEmpty();
        }
    }

    /**
     * PostgreSQL writes a new version of a row for each lease, and a log record for each ack. Without free space
     * neither is possible, and no client can reserve space on the server's disk. The write-ahead log is on another disk
     * here, since PostgreSQL stops itself when the log has no space.
     */
    @Test
    void postgresql_answers_store_full_and_works_again_when_there_is_room(@TempDir Path folder) throws Exception {
        try (SmallDisk disk = disk(folder, 200);
                Postgres postgres = new Postgres()) {
            Path tables = Files.createDirectory(folder.resolve("tables"));
            String url = postgres.create("rowmq");
            postgres.run("create tablespace small location '" + tables + "'");
            postgres.run("alter database rowmq set tablespace small");
            try (RunningService service = new RunningService(url, "logging.level.root=off")) {
                QueueClient queue = service.http().queue("{\"visibilityTimeout\": \"1h\"}");
                sendSome(queue, 300);
                List<JsonNode> leased = queue.receive(100);
                assertThat(sendUntilRefused(queue)).isEqualTo("503 STORE_FULL");
                disk.fill();
                assertThat(sendUntilRefused(queue)).isEqualTo("503 STORE_FULL");
                assertThat(service.http().get("/actuator/health/readiness").status()).isEqualTo(200);
                List<JsonNode> refused = new ArrayList<>();
                for (JsonNode message : leased) {
                    Http.Answer answer = queue.http()
                            .post(queue.path() + "/ack", "{\"receipts\": [" + message.path("receipt") + "]}");
                    assertThat(answer.status() + answer.code()).isIn("200", "503STORE_FULL");
                    if (answer.status() == 200) {
                        accepted.remove(id(message));
                    } else {
                        refused.add(message);
                    }
                }
                disk.grow(400);
                works(queue, "when there is room");
                ack(queue, refused);
                drain(queue);
                assertThat(accepted).as("accepted and not received").isEmpty();
            }
        }
    }

    /** @return status and error code of the first answer other than 201 */
    private String sendUntilRefused(QueueClient queue) {
        return sendSome(queue, Integer.MAX_VALUE);
    }

    /**
     * Sends up to {@code number} messages and stops at the first refusal. Returns status and code of the last answer.
     */
    private String sendSome(QueueClient queue, int number) {
        byte[] bytes = new byte[BODY / 4 * 3];
        Http.Answer answer = null;
        for (int n = 0; n < number && (answer == null || answer.status() == 201); n++) {
            random.nextBytes(bytes);
            answer = queue.send("{\"body\": \"" + Base64.getEncoder().encodeToString(bytes) + "\"}");
            if (answer.status() == 201) {
                accepted.add(answer.json().path("id").asString());
            }
        }
        return answer.status() + " " + answer.code();
    }

    private void works(QueueClient queue, String when) {
        Eventually.within(Duration.ofSeconds(40), "works " + when, () -> {
            Http.Answer answer = queue.send("{\"body\": \"again\"}");
            if (answer.status() != 201) {
                return false;
            }
            accepted.add(answer.json().path("id").asString());
            return true;
        });
    }

    /** Receives and acks all messages, as a consumer that retries after a refusal. */
    private void drain(QueueClient queue) {
        Eventually.within(Duration.ofSeconds(60), "drained", () -> {
            Http.Answer answer = queue.http().post(queue.path() + "/receive", "{\"max\": 50}");
            if (answer.status() == 503) {
                return false;
            }
            List<JsonNode> got = Http.list(answer.expect(200).json().path("messages"));
            ack(queue, got);
            return got.isEmpty();
        });
    }

    private void ack(QueueClient queue, List<JsonNode> messages) {
        for (JsonNode message : messages) {
            assertThat(message.path("deliveries").asInt()).isEqualTo(1);
            assertThat(queue.ack(message)).isEqualTo("acked");
            accepted.remove(id(message));
        }
    }

    private static String id(JsonNode message) {
        return message.path("id").asString();
    }
}
