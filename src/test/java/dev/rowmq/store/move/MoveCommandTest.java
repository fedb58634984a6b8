package dev.rowmq.store.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.JdbcTemplate;

import tools.jackson.databind.JsonNode;

/** {@code java -jar rowmq.jar move} between databases of both kinds. */
@Tag("long")
class MoveCommandTest {

    private static String run(int code, String... arguments) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        int exit = MoveCommand.run(List.of(arguments), new PrintStream(text, true, StandardCharsets.UTF_8));
        assertThat(exit).as(text.toString(StandardCharsets.UTF_8)).isEqualTo(code);
        return text.toString(StandardCharsets.UTF_8);
    }

    /** Fills a queue with messages in every state. Returns the leased messages. */
    private static List<JsonNode> fill(RunningService service) {
        service.http().put("/v1/queues/full", "{\"maxDeliveries\": 1, \"priorities\": 2}").expect(201);
        QueueClient queue = new QueueClient(service.http(), "full");
        queue.sendBatch("{\"body\": \"dead\", \"id\": \"d-1\"}").expect(200);
        assertThat(queue.nack(queue.receiveOne())).isEqualTo("dead");
        queue.sendBatch("{\"body\": \"acked\", \"id\": \"a-1\"}").expect(200);
        assertThat(queue.ack(queue.receiveOne())).isEqualTo("acked");
        queue.sendBatch("{\"body\": {\"n\": 1.50}, \"metadata\": {\"k\": \"ä\"}}, {\"bodyBase64\": \"AP+A\"}")
                .expect(200);
        List<JsonNode> leased = queue.receive("{\"max\": 2, \"visibilityTimeout\": \"1h\"}");
        assertThat(leased).hasSize(2);
        queue.sendBatch("{\"body\": \"later\", \"delay\": \"1h\"}, {\"body\": \"short\", \"ttl\": \"1h\"}, "
                + "{\"body\": \"ready\", \"id\": \"r-1\", \"priority\": 0}").expect(200);
        service.http().put("/v1/topics/all", "{\"bindings\": [{\"queue\": \"full\"}]}").expect(201);
        return leased;
    }

    private static JsonNode stats(RunningService service) {
        return service.http().get("/v1/queues/full").expect(200).json().path("stats");
    }

    @ParameterizedTest
    @CsvSource({"H2, POSTGRESQL", "POSTGRESQL, H2", "POSTGRESQL, POSTGRESQL", "H2, H2"})
    void everything_is_there_afterwards_leases_included(TestDatabase from, TestDatabase to) {
        String source = from.freshUrl();
        String target = to.freshUrl();
        List<JsonNode> leased;
        JsonNode before;
        try (RunningService service = new RunningService(source)) {
            leased = fill(service);
            before = stats(service);
        }
        assertThat(run(0, "--from=" + source, "--to=" + target))
                .contains("message ", "4 of 4", "Everything was moved");
        try (RunningService service = new RunningService(target)) {
            QueueClient queue = new QueueClient(service.http(), "full");
            for (String count : List.of("ready", "delayed", "inFlight", "dead", "sent", "acked")) {
                assertThat(stats(service).path(count)).as(count).isEqualTo(before.path(count));
            }
            assertThat(leased).allSatisfy(message -> assertThat(queue.ack(message)).isEqualTo("acked"));
            assertThat(queue.send("{\"body\": \"acked\", \"id\": \"a-1\"}").expect(200).json().path("status")
                    .asString()).isEqualTo("duplicate");
            assertThat(queue.receive(10)).extracting(QueueClient::body).containsExactly("ready", "short");
            assertThat(queue.deadLetters().path(0).path("id").asString()).isEqualTo("d-1");
            queue.sendText("new");
            assertThat(QueueClient.body(queue.receiveOne())).isEqualTo("new");
            service.http().put("/v1/queues/another", "{}").expect(201);
            service.http().get("/v1/topics/all").expect(200);
        }
        assertThat(run(1, "--from=" + source, "--to=" + target)).contains("holds an installation already");
    }

    /** The driver of PostgreSQL reads many rows at once, which must not be many large ones. */
    @Test
    void large_messages_after_many_small_ones_are_moved() {
        String source = TestDatabase.POSTGRESQL.freshUrl();
        try (RunningService service = new RunningService(source)) {
            service.http().put("/v1/queues/full", "{\"maxMessageSize\": \"10MB\"}").expect(201);
            QueueClient queue = new QueueClient(service.http(), "full");
            queue.sendBatch("{\"body\": \"s\"},".repeat(999) + "{\"body\": \"s\"}").expect(200);
            for (int i = 0; i < 30; i++) {
                queue.sendText("x".repeat(1_500_000));
            }
        }
        String target = TestDatabase.H2.freshUrl();
        assertThat(run(0, "--from=" + source, "--to=" + target)).contains("Everything was moved");
    }

    @Test
    void partitions_move_one_to_one() {
        String[] sources = {TestDatabase.H2.freshUrl(), TestDatabase.H2.freshUrl()};
        String database = TestDatabase.POSTGRESQL.freshUrl();
        String[] settings = Stream.of(0, 1).map(n -> "rowmq.partitions[" + n + "].url=" + sources[n])
                .toArray(String[]::new);
        try (RunningService service = new RunningService(sources[0], settings)) {
            service.http().put("/v1/queues/wide", "{}").expect(201);
            QueueClient queue = new QueueClient(service.http(), "wide");
            for (int i = 0; i < 20; i++) {
                queue.send("{\"body\": \"" + i + "\", \"id\": \"" + i + "\"}").expect(201);
            }
        }
        run(0, "--from=" + sources[0], "--to=" + database, "--to-schema=mq_0",
                "--from=" + sources[1], "--to=" + database, "--to-schema=mq_1");
        List<String> moved = new ArrayList<>();
        Stream.of(0, 1).forEach(n -> moved.addAll(List.of(
                "rowmq.partitions[" + n + "].url=" + database, "rowmq.partitions[" + n + "].schema=mq_" + n)));
        try (RunningService service = new RunningService(database, moved.toArray(String[]::new))) {
            QueueClient queue = new QueueClient(service.http(), "wide");
            assertThat(queue.send("{\"body\": \"7\", \"id\": \"7\"}").expect(200).json().path("status").asString())
                    .isEqualTo("duplicate");
            assertThat(queue.receive(100)).hasSize(20);
        }
    }

    private static DatabaseMove move(String source, String target) {
        return new DatabaseMove(
                new MoveDatabase(source, null, null, null, true),
                new MoveDatabase(target, null, null, null, false),
                0,
                new MoveProgress(System.out));
    }

    @Test
    void a_target_that_is_not_complete_is_refused_by_the_service_and_continued_by_the_command() throws Exception {
        String source = TestDatabase.H2.freshUrl();
        String target = TestDatabase.POSTGRESQL.freshUrl();
        try (RunningService service = new RunningService(source)) {
            fill(service);
        }
        try (DatabaseMove move = move(source, target)) {
            move.begin();
            move.copy();
        }
        assertThatThrownBy(() -> new RunningService(target)).rootCause()
                .hasMessageContaining("looked at its tables");
        Postgres.shared().runIn(target, "delete from rowmq.message where body = 'ready'");
        assertThat(run(1, "--from=" + source, "--to=" + target)).contains("table message has 4 rows in the source");
    }

    @Test
    void a_source_that_was_used_between_two_runs_is_refused() throws Exception {
        String source = TestDatabase.POSTGRESQL.freshUrl();
        String target = TestDatabase.H2.freshUrl();
        try (RunningService service = new RunningService(source)) {
            fill(service);
        }
        try (DatabaseMove move = move(source, target)) {
            move.begin();
        }
        try (RunningService service = new RunningService(source)) {
            assertThat(run(1, "--from=" + source, "--to=" + target)).contains("is used by a service");
            new QueueClient(service.http(), "full").sendText("more");
        }
        assertThat(run(1, "--from=" + source, "--to=" + target)).contains("was used, or is another one");
    }

    @Test
    void wrong_arguments_are_named_and_the_usage_is_shown() {
        assertThat(run(2, "--from=x")).contains("--from and --to are needed", "java -jar rowmq.jar move");
        assertThat(run(2, "--form=x")).contains("unknown argument: --form");
        assertThat(run(1, "--from=jdbc:mysql:x", "--to=jdbc:h2:mem:x")).contains("Use jdbc:h2: or jdbc:postgresql:");
        assertThat(run(1, "--from=" + TestDatabase.H2.freshUrl(), "--to=" + TestDatabase.H2.freshUrl()))
                .contains("there is no such file");
        assertThat(run(1, "--from=" + TestDatabase.POSTGRESQL.freshUrl(), "--to=" + TestDatabase.H2.freshUrl()))
                .contains("has no tables of RowMQ", "Correct --from");
    }

    /** The other tables hold the state of running instances. */
    @Test
    void every_table_is_moved_or_left_on_purpose() {
        List<String> all = TestDatabase.H2.service().bean(JdbcTemplate.class).queryForList(
                "select lower(table_name) from information_schema.tables where table_schema = schema()", String.class);
        List<String> moved = DatabaseMove.TABLES.stream().map(DatabaseMove.MovedTable::name).toList();
        assertThat(all)
                .containsAll(moved)
                .filteredOn(table -> !moved.contains(table))
                .containsExactlyInAnyOrder(
                        "flyway_schema_history", "push_report", "rate_bucket", "shedlock", "stream_copy",
                        "stream_watch");
    }
}
