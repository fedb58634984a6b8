package dev.rowmq.store.h2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup of an H2 file under load, and its restore. */
class BackupTest {

    @TempDir
    Path folder;

    private static void unzip(Path zip, Path into) throws IOException {
        Files.createDirectories(into);
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(zip))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                Files.copy((InputStream) in, into.resolve(Path.of(entry.getName()).getFileName().toString()));
            }
        }
    }

    @Test
    void a_copy_made_under_load_holds_all_that_was_accepted_before_it_began() throws Exception {
        String url = "jdbc:h2:file:" + folder.resolve("data/rowmq") + ";DB_CLOSE_ON_EXIT=FALSE";
        Path backups = folder.resolve("backup");
        Set<String> before = new HashSet<>();
        Set<String> sent = ConcurrentHashMap.newKeySet();
        Path zip;
        try (RunningService service = new RunningService(url, "rowmq.backup.directory=" + backups)) {
            service.http().put("/v1/queues/saved", "{}").expect(201);
            QueueClient queue = new QueueClient(service.http(), "saved");
            AtomicBoolean stop = new AtomicBoolean();
            Thread load = Thread.ofVirtual().start(() -> {
                for (int n = 0; !stop.get(); n++) {
                    String id = queue.sendText("m".repeat(2000) + n);
                    sent.add(id);
                    if (n % 3 == 0) {
                        queue.ack(queue.receiveOne());
                    }
                }
            });
            Eventually.within(Duration.ofSeconds(30), "load", () -> sent.size() > 300);
            before.addAll(sent);
            Http.Answer answer = service.http().post("/v1/backup", "").expect(200);
            zip = Path.of(answer.json().path("files").path(0).path("file").asString());
            assertThat(answer.json().path("files").path(0).path("bytes").asLong()).isEqualTo(Files.size(zip));
            Eventually.within(Duration.ofSeconds(30), "more load", () -> sent.size() > before.size() + 100);
            stop.set(true);
            load.join();
        }
        unzip(zip, folder.resolve("restored"));
        try (RunningService service = new RunningService(
                "jdbc:h2:file:" + folder.resolve("restored/rowmq") + ";DB_CLOSE_ON_EXIT=FALSE")) {
            QueueClient queue = new QueueClient(service.http(), "saved");
            int ready = queue.stats().path("ready").asInt();
            Set<String> restored = new HashSet<>();
            queue.receive("{\"max\": 1000}").forEach(message -> restored.add(message.path("id").asString()));
            assertThat(restored).as("as many as the counters show").hasSize(ready);
            // a third of the messages was acked, the oldest first
            assertThat(restored.stream().filter(before::contains).count()).isGreaterThan(before.size() / 2);
            assertThat(sent).containsAll(restored);
        }
    }

    @Test
    void old_backups_go_and_postgresql_has_means_of_its_own() throws Exception {
        Path backups = folder.resolve("backup");
        Files.createDirectories(backups);
        for (int i = 10; i < 20; i++) {
            Files.createFile(backups.resolve("rowmq-20260101-0000" + i + ".zip"));
        }
        Files.createFile(backups.resolve("other.zip"));
        try (RunningService service = new RunningService(
                TestDatabase.H2.freshUrl(), "rowmq.backup.directory=" + backups, "rowmq.backup.keep=3")) {
            service.http().post("/v1/backup", "").expect(200);
        }
        try (Stream<Path> left = Files.list(backups)) {
            assertThat(left.map(file -> file.getFileName().toString())).hasSize(4).contains(
                    "other.zip", "rowmq-20260101-000018.zip", "rowmq-20260101-000019.zip");
        }
        assertThat(TestDatabase.POSTGRESQL.service().http().post("/v1/backup", "").expect(400).code())
                .isEqualTo("NOT_SUPPORTED");
    }
}
