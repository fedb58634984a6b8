package dev.rowmq.store.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.store.database.StoreStartException;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/** An incomplete file stops the start, and a database that closed itself is opened again. */
@ExtendWith(OutputCaptureExtension.class)
class H2FileTest {

    private static String url;
    private static Path file;
    private static Path copy;
    private static Path noteCopy;

    private static Path file(String url) {
        return Path.of(url.substring("jdbc:h2:file:".length(), url.indexOf(';')) + ".mv.db");
    }

    private static Path note(Path file) {
        return file.resolveSibling("rowmq.synced");
    }

    private static Path stoppedCopy;
    private static Path stoppedNote;

    /** Creates two copies of a compacted and used file: one as after a kill, one as after an orderly stop. */
    @BeforeAll
    static void use() throws Exception {
        url = TestDatabase.H2.freshUrl();
        file = file(url);
        try (RunningService service = new RunningService(url)) {
            QueueClient queue = service.http().queue();
            for (int i = 0; i < 20; i++) {
                String batch = IntStream.range(0, 100).mapToObj(n -> "{\"body\": \"" + "x".repeat(500) + "\"}")
                        .collect(Collectors.joining(","));
                queue.sendBatch(batch).expect(200);
                queue.settleReceipts("ack", "",
                        queue.receive(50).stream().map(m -> m.path("receipt").asString()).toArray(String[]::new));
            }
            service.bean(H2Support.class).durability().compact(Duration.ofSeconds(2));
            queue.sendText("last");
            copy = file.resolveSibling("copy");
            noteCopy = file.resolveSibling("note");
            Files.copy(file, copy);
            Files.copy(note(file), noteCopy);
        }
        stoppedCopy = file.resolveSibling("stopped-copy");
        stoppedNote = file.resolveSibling("stopped-note");
        Files.copy(file, stoppedCopy);
        Files.copy(note(file), stoppedNote);
    }

    private static void restore() throws Exception {
        Files.copy(copy, file, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(noteCopy, note(file), StandardCopyOption.REPLACE_EXISTING);
    }

    private static void stopsTheStart(CapturedOutput output, String... words) throws Exception {
        byte[] before = Files.exists(file) ? Files.readAllBytes(file) : null;
        assertThatThrownBy(() -> new RunningService(url, "logging.level.root=warn").close()).isNotNull();
        assertThat(output.getAll()).contains(words).contains(file.toString(), "org.h2.tools.Recover")
                .doesNotContain("\tat ");
        assertThat(Files.exists(file) ? Files.readAllBytes(file) : null).as("left as it is").isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(longs = {4096, 8192, 65536})
    void a_file_that_was_cut_stops_the_start_and_is_left_alone(long bytes, CapturedOutput output) throws Exception {
        restore();
        try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(cut.length() - bytes);
        }
        stopsTheStart(output, "not whole");
    }

    /** H2 compacts the file when the database is closed. A cut of no more than the file's unused end loses nothing. */
    @ParameterizedTest
    @ValueSource(longs = {1, 4096, 8192, 65536})
    void a_file_that_was_closed_and_then_cut_has_everything_or_stops_the_start(long bytes) throws Exception {
        Files.copy(stoppedCopy, file, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(stoppedNote, note(file), StandardCopyOption.REPLACE_EXISTING);
        try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(cut.length() - bytes);
        }
        try (RunningService service = new RunningService(url, "logging.level.root=off")) {
            Http http = service.http();
            String name = http.get("/v1/queues").expect(200).json().path("items").path(0).path("name").asString();
            assertThat(new QueueClient(http, name).stats().path("sent").asInt()).isEqualTo(2001);
            assertThat(new QueueClient(http, name).receive(1000)).hasSize(1000);
        } catch (RuntimeException refused) {
            assertThat(refused).hasRootCauseInstanceOf(StoreStartException.class);
        }
    }

    @Test
    void a_file_of_headers_only_an_empty_one_and_none_stop_the_start(CapturedOutput output) throws Exception {
        for (long length : new long[] {8192, 100, 0}) {
            restore();
            try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
                cut.setLength(length);
            }
            stopsTheStart(output, "not whole");
        }
        restore();
        Files.delete(file);
        stopsTheStart(output, "missing");
    }

    @Test
    void a_file_of_another_program_stops_the_start_also_without_a_note(CapturedOutput output) throws Exception {
        Files.write(file, Arrays.copyOf("not a database".getBytes(), 20_000));
        Files.deleteIfExists(note(file));
        stopsTheStart(output, "not whole");
        Files.delete(file);
        String name = file.toString().replace(".mv.db", "");
        try (var connection = java.sql.DriverManager.getConnection("jdbc:h2:file:" + name)) {
            connection.createStatement().execute("create table invoice (id int)");
        }
        stopsTheStart(output, "no tables of RowMQ");
    }

    @Test
    void a_whole_file_starts_also_without_a_note_and_only_its_owner_can_read_it() throws Exception {
        restore();
        Files.delete(note(file));
        try (RunningService service = new RunningService(url)) {
            service.http().queue().sendText("x");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(note(file)))).isEqualTo("rw-------");
        }
        try (RunningService again = new RunningService(url)) {
            again.http().get("/actuator/health/readiness").expect(200);
        }
    }

    @Test
    void damage_that_is_found_while_running_makes_readiness_down_and_the_rest_goes_on() throws Exception {
        String own = TestDatabase.H2.freshUrl();
        try (RunningService service = new RunningService(own + ";CACHE_SIZE=0")) {
            QueueClient good = service.http().queue();
            QueueClient bad = service.http().queue();
            for (int i = 0; i < 30; i++) {
                String batch = IntStream.range(0, 100).mapToObj(n -> "{\"body\": \"" + "y".repeat(3000) + "\"}")
                        .collect(Collectors.joining(","));
                bad.sendBatch(batch).expect(200);
            }
            good.sendText("x");
            Random random = new Random(5);
            try (RandomAccessFile file = new RandomAccessFile(file(own).toFile(), "rw")) {
                for (int i = 0; i < 400; i++) {
                    file.seek(200_000 + random.nextInt((int) file.length() - 400_000));
                    file.write(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff,
                            (byte) 0xff, (byte) 0xff});
                }
            }
            Eventually.within(Duration.ofSeconds(20), "damage is found", () -> {
                int status = service.http().post(bad.path() + "/receive", "{\"max\": 1000}").status();
                assertThat(status).isIn(200, 503);
                return status == 503;
            });
            Http.Answer readiness = service.http().get("/actuator/health/readiness");
            assertThat(readiness.status()).isEqualTo(503);
            assertThat(good.send("{\"body\": \"y\"}").status()).isEqualTo(201);
        }
    }

    @Test
    void a_database_that_closed_itself_works_again_without_a_restart() {
        try (RunningService service = new RunningService(TestDatabase.H2.freshUrl())) {
            QueueClient queue = service.http().queue();
            queue.sendText("kept");
            service.bean(JdbcTemplate.class).execute((ConnectionCallback<Void>) connection -> {
                // H2 does the same after a failed write
                H2Durability.mvStore(connection).closeImmediately();
                return null;
            });
            Eventually.within(Duration.ofSeconds(5), "it works again",
                    () -> queue.send("{\"body\": \"x\"}").status() == 201);
            Eventually.within(Duration.ofSeconds(5), "readiness",
                    () -> service.http().get("/actuator/health/readiness").status() == 200);
            assertThat(queue.receive(10)).extracting(QueueClient::body).containsExactly("kept", "x");
        }
    }

    @AfterAll
    static void remove() throws Exception {
        Files.deleteIfExists(copy);
    }
}
