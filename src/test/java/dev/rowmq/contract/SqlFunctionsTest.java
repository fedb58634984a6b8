package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.model.message.MessageValidator;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import tools.jackson.databind.JsonNode;

/** A team sends, receives and settles in its own transactions on PostgreSQL. */
class SqlFunctionsTest {

    private final RunningService service = TestDatabase.POSTGRESQL.service();

    private QueueClient queue(String settings) {
        return service.http().queue(settings);
    }

    private QueueClient queue() {
        return queue("{}");
    }

    private Connection team() {
        try {
            Connection connection = DriverManager.getConnection(service.databaseUrl());
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException failure) {
            throw new AssertionError(failure);
        }
    }

    /** Returns the first column of the first row, as text. */
    private static String call(Connection team, String sql, Object... arguments) throws SQLException {
        try (PreparedStatement statement = team.prepareStatement("select " + sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setObject(i + 1, arguments[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    /** As {@link #call}, in a transaction of its own. */
    private String once(String sql, Object... arguments) throws SQLException {
        try (Connection team = team()) {
            String result = call(team, sql, arguments);
            team.commit();
            return result;
        }
    }

    private static void refused(Connection team, String state, String code, String sql, Object... arguments) {
        assertThatThrownBy(() -> call(team, sql, arguments)).isInstanceOfSatisfying(SQLException.class, failure -> {
            assertThat(failure.getSQLState()).as(failure.getMessage()).isEqualTo(state);
            assertThat(failure.getMessage()).contains("Detail: " + code, "Hint: ");
        });
    }

    @Test
    void a_message_is_there_when_the_transaction_commits_and_never_when_it_rolls_back() throws Exception {
        QueueClient queue = queue("{\"priorities\": 3}");
        try (Connection team = team()) {
            call(team, "rowmq.send(?, 'lost')", queue.name());
            team.rollback();
            String id = call(team, "rowmq.send(?, ?, metadata => '{\"a.b\": \"ä\"}', priority => 1)",
                    queue.name(), "text ä\n\t€");
            assertThat(queue.receive(10)).as("before the commit").isEmpty();
            team.commit();
            JsonNode message = queue.receiveOne();
            assertThat(message.path("id").asString()).isEqualTo(id);
            assertThat(message.path("body").asString()).isEqualTo("text ä\n\t€");
            assertThat(message.path("metadata").path("a.b").asString()).isEqualTo("ä");
            assertThat(message.path("priority").asInt()).isEqualTo(1);
            assertThat(queue.ack(message)).isEqualTo("acked");
            call(team, "rowmq.send_json(?, '{\"v\": 12345678901234567890.120, \"a\": [1, null]}')", queue.name());
            call(team, "rowmq.send_bytes(?, '\\x00ff80')", queue.name());
            team.commit();
            assertThat(service.http().post(queue.path() + "/receive", "{\"max\": 10}").expect(200).text())
                    .contains("{\"a\":[1,null],\"v\":12345678901234567890.120}", "\"bodyBase64\":\"AP+A\"");
        }
        assertThat(queue.receive(10)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            RQ404 | QUEUE_NOT_FOUND   | rowmq.send('nowhere', 'x')
            RQ410 | EMPTY_BODY        | rowmq.send($q, '')
            RQ410 | EMPTY_BODY        | rowmq.send($q, null)
            RQ411 | INVALID_CHARACTER | rowmq.send($q, E'a\\u0001b')
            RQ400 | INVALID_REQUEST   | rowmq.send($q, 'x', id => '..')
            RQ400 | INVALID_REQUEST   | rowmq.send($q, 'x', id => repeat('i', 101))
            RQ400 | INVALID_REQUEST   | rowmq.send($q, 'x', id => E'a\\u200bb')
            RQ400 | INVALID_REQUEST   | rowmq.send($q, 'x', id => '00000001-0000-8000-8000-000000000001')
            RQ412 | INVALID_ATTRIBUTE | rowmq.send($q, 'x', metadata => '[]')
            RQ412 | INVALID_ATTRIBUTE | rowmq.send($q, 'x', metadata => '{"a": 1}')
            RQ412 | INVALID_ATTRIBUTE | rowmq.send($q, 'x', metadata => '{"a..b": "1"}')
            RQ412 | INVALID_ATTRIBUTE | rowmq.send($q, 'x', metadata => '{"AWS.x": "1"}')
            RQ413 | MESSAGE_TOO_LARGE | rowmq.send($q, repeat('x', 1025))
            RQ416 | OUT_OF_RANGE      | rowmq.send($q, 'x', delay => '366 days')
            RQ416 | OUT_OF_RANGE      | rowmq.send($q, 'x', delay => '-1 s')
            RQ416 | OUT_OF_RANGE      | rowmq.send($q, 'x', ttl => '0')
            RQ400 | INVALID_REQUEST   | rowmq.send($q, 'x', delay => '1 s', deliver_at => now())
            RQ400 | INVALID_REQUEST   | rowmq.send($q, 'x', message_group => 'g g')
            RQ416 | OUT_OF_RANGE      | rowmq.send_batch($q, '[]')
            RQ400 | UNKNOWN_FIELD     | rowmq.send_batch($q, '[{"body": "x", "delaySeconds": 1}]')
            RQ400 | INVALID_REQUEST   | rowmq.send_batch($q, '[1]')
            RQ400 | INVALID_REQUEST   | rowmq.send_batch($q, '[{"body": "x", "priority": 1.5}]')
            RQ400 | INVALID_REQUEST   | rowmq.send_batch($q, '[{"body": "x", "id": {"a": 1}}]')
            RQ400 | INVALID_REQUEST   | rowmq.send_batch($q, '[{"body": "x", "delay": "zz"}]')
            RQ400 | INVALID_REQUEST   | rowmq.send_batch($q, '[{"body": "x", "deliverAt": "2026-12-01"}]')
            RQ410 | EMPTY_BODY        | rowmq.send_batch($q, '[{"body": null}]')
            RQ410 | EMPTY_BODY        | rowmq.send_json($q, 'null')
            RQ400 | INVALID_REQUEST   | rowmq.send_batch($q, '[{"body": "x", "priority": "0"}]')
            RQ400 | INVALID_REQUEST   | rowmq.send_batch($q, '[{"body": "x", "group": 7}]')
            RQ400 | INVALID_REQUEST   | rowmq.send_batch($q, '[{"body": "x", "delay": [5]}]')
            RQ400 | INVALID_REQUEST   | rowmq.send_batch($q, '[{"body": "x", "deliverAt": "01-02-2027T08:00:00Z"}]')
            RQ400 | INVALID_REQUEST   | rowmq.send($q, 'x', id => repeat(U&'\\+01F600', 51))
            RQ413 | MESSAGE_TOO_LARGE | rowmq.send_json($q, (select jsonb_agg(1) from generate_series(1, 2000000)))
            RQ416 | OUT_OF_RANGE      | rowmq.send($q, 'x', delay => '12 mons 6 days')
            RQ416 | OUT_OF_RANGE      | rowmq.send($q, 'x', delay => '1 year 6 days')
            RQ416 | OUT_OF_RANGE      | rowmq.send($q, 'x', deliver_at => '-infinity')
            RQ404 | TOPIC_NOT_FOUND   | rowmq.publish('nowhere', 'x')
            RQ422 | INVALID           | rowmq.ack('no receipt')
            RQ422 | INVALID           | rowmq.ack('AQAAAAEAAAAAAAAAAAEAAAAAAAAAAQAAAAHYLcERfRLT-g')
            RQ416 | OUT_OF_RANGE      | rowmq.receive($q, 0)
            RQ416 | OUT_OF_RANGE      | rowmq.receive($q, 1, '13 hours')
            """)
    void each_refusal_has_a_state_of_its_own_the_code_of_the_api_and_a_hint(String state, String code, String sql)
            throws Exception {
        QueueClient queue = queue("{\"maxMessageSize\": 1024}");
        try (Connection team = team()) {
            refused(team, state, code, sql.replace("$q", "'" + queue.name() + "'"));
        }
        assertThat(queue.receive(1)).isEmpty();
    }

    @Test
    void an_id_is_stored_once_whichever_way_it_is_sent() throws Exception {
        QueueClient queue = queue();
        once("rowmq.send(?, 'a', id => 'x')", queue.name());
        assertThat(once("rowmq.send(?, 'a', id => 'x')", queue.name())).isEqualTo("x");
        assertThat(queue.send("{\"body\": \"a\", \"id\": \"x\"}").expect(200).json().path("status").asString())
                .isEqualTo("duplicate");
        queue.send("{\"body\": \"b\", \"id\": \"y\"}").expect(201);
        assertThat(once("rowmq.send(?, 'b', id => 'y')", queue.name())).isEqualTo("y");
        try (Connection team = team()) {
            refused(team, "RQ409", "ID_REUSED", "rowmq.send(?, 'c', id => 'y')", queue.name());
        }
        assertThat(queue.receive(10)).hasSize(2);
        Eventually.within(Duration.ofSeconds(5), "the counts", () ->
                queue.stats().path("duplicates").asInt() == 3 && queue.stats().path("sent").asInt() == 2);
    }

    @Test
    void a_full_queue_refuses_and_one_in_memory_cannot_be_reached() throws Exception {
        QueueClient full = queue("{\"maxMessages\": 2}");
        once("rowmq.send_batch(?, '[{\"body\": \"a\", \"id\": \"first\"}, {\"body\": {\"b\": 1}}]')", full.name());
        try (Connection team = team()) {
            refused(team, "RQ507", "QUEUE_FULL", "rowmq.send(?, 'c')", full.name());
            team.rollback();
            assertThat(call(team, "rowmq.send(?, 'a', id => 'first')", full.name())).as("a duplicate")
                    .isEqualTo("first");
            QueueClient memory = service.http().inMemory().queue();
            team.commit();
            refused(team, "RQ400", "NOT_SUPPORTED", "rowmq.send(?, 'c')", memory.name());
        }
    }

    @Test
    void a_delay_a_time_and_a_life_hold_as_over_http() throws Exception {
        QueueClient queue = queue();
        // the first in the order of sending, as another may be due before the receive on a slow machine
        once("rowmq.send(?, 'past', deliver_at => now() - interval '1 hour')", queue.name());
        once("rowmq.send(?, 'never', deliver_at => now() + interval '1 hour')", queue.name());
        once("rowmq.send(?, 'later', delay => '5 s')", queue.name());
        once("rowmq.send(?, 'soon', delay => '300 ms')", queue.name());
        once("rowmq.send(?, 'short', ttl => '1 s')", queue.name());
        assertThat(QueueClient.body(queue.receiveOne())).isEqualTo("past");
        assertThat(queue.stats().path("delayed").asInt()).isEqualTo(2);
        Eventually.within(Duration.ofSeconds(10), "it expires", () -> queue.stats().path("expired").asInt() == 1);
        List<String> bodies = new ArrayList<>(
                List.of(QueueClient.body(queue.receiveOne()), QueueClient.body(queue.receiveOne())));
        assertThat(bodies).containsExactlyInAnyOrder("soon", "later");
    }

    @Test
    void open_transactions_that_send_to_one_queue_do_not_wait_and_the_counts_are_exact() throws Exception {
        QueueClient queue = queue();
        List<Connection> teams = new ArrayList<>();
        try {
            for (int i = 0; i < 16; i++) {
                Connection team = team();
                teams.add(team);
                try (Statement statement = team.createStatement()) {
                    statement.execute("set lock_timeout = '50ms'");
                }
                for (int n = 0; n < 40; n++) {
                    call(team, "rowmq.send(?, 'x', id => ?)", queue.name(), i + "-" + n);
                }
            }
            queue.sendText("over http meanwhile");
            for (int i = 0; i < teams.size(); i++) {
                if (i % 4 == 0) {
                    teams.get(i).rollback();
                } else {
                    teams.get(i).commit();
                }
            }
        } finally {
            for (Connection team : teams) {
                team.close();
            }
        }
        assertThat(queue.stats().path("ready").asInt()).isEqualTo(12 * 40 + 1);
        assertThat(queue.stats().path("sent").asInt()).isEqualTo(12 * 40 + 1);
        assertThat(queue.receive(1000)).hasSize(12 * 40 + 1);
    }

    @Test
    void an_open_transaction_with_the_same_id_fails_no_other_send() throws Exception {
        QueueClient queue = queue();
        try (Connection team = team()) {
            call(team, "rowmq.send(?, 'x', id => 'same')", queue.name());
            CompletableFuture<Integer> same = CompletableFuture.supplyAsync(
                    () -> queue.send("{\"body\": \"x\", \"id\": \"same\"}").status());
            List<CompletableFuture<Integer>> others = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                String id = "other-" + i;
                others.add(CompletableFuture.supplyAsync(
                        () -> queue.send("{\"body\": \"x\", \"id\": \"" + id + "\"}").status()));
                Thread.sleep(20);
            }
            assertThat(others).allSatisfy(other -> assertThat(other.join()).isEqualTo(201));
            assertThat(same.join()).isEqualTo(503);
            team.commit();
        }
        queue.send("{\"body\": \"x\", \"id\": \"same\"}").expect(200);
        assertThat(queue.receive(100)).hasSize(21);
    }

    @Test
    void a_batch_and_a_receive_keep_the_order_of_sending() throws Exception {
        QueueClient queue = queue();
        String ids = once("string_agg(i, ',') from rowmq.send_batch(?, '[{\"body\": \"1\", \"id\": \"z\"},"
                + " {\"body\": \"2\"}, {\"body\": \"3\", \"id\": \"a\"}]') i", queue.name());
        assertThat(ids).startsWith("z,").endsWith(",a");
        assertThat(once("string_agg(body, '') from rowmq.receive(?, 10)", queue.name())).isEqualTo("123");
    }

    @Test
    void a_transaction_that_commits_long_after_its_send_is_found_within_a_second() throws Exception {
        QueueClient queue = queue();
        try (Connection team = team()) {
            call(team, "rowmq.send(?, 'late')", queue.name());
            for (int i = 0; i < 5; i++) {
                queue.sendBatch(String.join(",", java.util.Collections.nCopies(100, "{\"body\": \"x\"}"))).expect(200);
                queue.receive(1000).forEach(message -> assertThat(queue.ack(message)).isEqualTo("acked"));
            }
            CompletableFuture<JsonNode> waiting = CompletableFuture.supplyAsync(queue::receiveOne);
            Thread.sleep(1500);
            assertThat(waiting).isNotDone();
            long begin = System.nanoTime();
            team.commit();
            assertThat(QueueClient.body(waiting.join())).isEqualTo("late");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(1300));
        }
    }

    @Test
    void an_ack_is_part_of_the_transaction_and_a_stale_receipt_rolls_the_effect_back() throws Exception {
        QueueClient queue = queue("{\"visibilityTimeout\": \"1s\"}");
        queue.send("{\"body\": \"a\", \"id\": \"x\"}").expect(201);
        JsonNode first = queue.receiveOne();
        try (Connection team = team()) {
            call(team, "rowmq.ack(?)", first.path("receipt").asString());
            team.rollback();
            assertThat(once("rowmq.processed(?, 'x')", queue.name())).isEqualTo("f");
            JsonNode second = queue.receiveOne();
            refused(team, "RQ423", "STALE", "rowmq.ack(?)", first.path("receipt").asString());
            team.rollback();
            call(team, "rowmq.ack(?)", second.path("receipt").asString());
            assertThat(queue.receive("{\"wait\": \"2s\"}")).as("acked in an open transaction").isEmpty();
            team.commit();
            assertThat(once("rowmq.processed(?, 'x')", queue.name())).isEqualTo("t");
            refused(team, "RQ424", "GONE", "rowmq.ack(?)", second.path("receipt").asString());
        }
        assertThat(queue.stats().path("acked").asInt()).isEqualTo(1);
        assertThat(queue.stats().path("inFlight").asInt()).isZero();
        assertThat(queue.stats().path("ready").asInt()).isZero();
        service.http().get(queue.path() + "/processed/x").expect(200);
    }

    @Test
    void no_changed_receipt_is_taken() throws Exception {
        QueueClient queue = queue();
        queue.sendText("a");
        String receipt = queue.receiveOne().path("receipt").asString();
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (int i = 0; i < receipt.length(); i++) {
            char other = alphabet.charAt((alphabet.indexOf(receipt.charAt(i)) + 1 + i % 60) % 64);
            String changed = receipt.substring(0, i) + other + receipt.substring(i + 1);
            try (Connection team = team()) {
                refused(team, "RQ422", "INVALID", "rowmq.ack(?)", changed);
            }
        }
        assertThat(once("rowmq.ack(?)", receipt)).isEmpty();
    }

    @Test
    void nack_and_extend_do_what_they_do_over_http() throws Exception {
        QueueClient queue = queue("{\"maxDeliveries\": 2, \"retry\": {\"initial\": \"2s\"}}");
        queue.sendText("a");
        once("rowmq.nack(?, delay => '0', error => 'first')", queue.receiveOne().path("receipt").asString());
        JsonNode second = queue.receiveOne();
        assertThat(second.path("deliveries").asInt()).isEqualTo(2);
        once("rowmq.extend(?, '1 hour')", second.path("receipt").asString());
        JsonNode peeked = service.http().get(queue.path() + "/messages/" + second.path("id").asString()).expect(200)
                .json();
        assertThat(peeked.path("lastError").asString()).isEqualTo("first");
        once("rowmq.nack(?, error => 'second')", second.path("receipt").asString());
        Eventually.within(Duration.ofSeconds(5), "a dead letter", () -> queue.deadLetters().size() == 1);
        assertThat(queue.deadLetters().path(0).path("lastError").asString()).isEqualTo("second");
        queue.sendText("b");
        once("rowmq.nack(?)", queue.receiveOne().path("receipt").asString());
        assertThat(queue.stats().path("delayed").asInt()).as("the backoff of the queue").isEqualTo(1);
        assertThat(QueueClient.body(queue.receiveOne())).isEqualTo("b");
        assertThat(queue.stats().path("dead").asInt()).isEqualTo(1);
    }

    @Test
    void a_job_in_the_database_receives_and_acks() throws Exception {
        QueueClient queue = queue("{\"priorities\": 2}");
        once("rowmq.send(?, 'low', priority => 1)", queue.name());
        once("rowmq.send(?, 'high', priority => 0, metadata => '{\"k\": \"v\"}')", queue.name());
        try (Connection team = team();
                Connection other = team()) {
            assertThat(call(team, "string_agg(body || coalesce(metadata ->> 'k', ''), ',') from rowmq.receive(?, 10)",
                    queue.name())).isEqualTo("highv,low");
            assertThat(call(other, "count(*) from rowmq.receive(?, 10)", queue.name())).isEqualTo("0");
            assertThat(queue.receive(10)).isEmpty();
            team.rollback();
            assertThat(call(other, "count(rowmq.ack(receipt)) from rowmq.receive(?, 10, '5 s')", queue.name()))
                    .isEqualTo("2");
            other.commit();
        }
        assertThat(queue.stats().path("ready").asInt() + queue.stats().path("inFlight").asInt()).isZero();
        assertThat(queue.stats().path("received").asInt()).isEqualTo(2);
        queue.sendText("c");
        String receipt = once("receipt from rowmq.receive(?)", queue.name());
        assertThat(queue.settleReceipts("ack", "", receipt).path(0).path("status").asString()).isEqualTo("acked");
        service.http().post(queue.path() + "/pause", "").expect(200);
        queue.sendText("d");
        assertThat(once("count(*) from rowmq.receive(?)", queue.name())).isEqualTo("0");
    }

    @Test
    void a_topic_sends_to_the_queues_whose_filter_takes_the_message() throws Exception {
        QueueClient all = queue();
        QueueClient some = queue();
        Http http = service.http();
        String topic = all.name() + "-topic";
        http.put("/v1/topics/" + topic, """
                {"bindings": [{"queue": "%s"}, {"queue": "%s", "filter": {"kind": ["a", "b"]}}]}"""
                .formatted(all.name(), some.name())).expect(201);
        assertThat(once("string_agg(q, ',') from rowmq.publish(?, 'x', metadata => '{\"kind\": \"c\"}') q", topic))
                .isEqualTo(all.name());
        assertThat(once("count(*) from rowmq.publish(?, 'y', metadata => '{\"kind\": \"b\"}') q", topic))
                .isEqualTo("2");
        assertThat(all.receive(10)).hasSize(2);
        assertThat(some.receive(10)).hasSize(1);
    }

    @Test
    void a_role_needs_execute_only_and_its_own_objects_are_not_used() throws Exception {
        QueueClient queue = queue();
        String role = "sender_" + queue.name().replaceAll("[^a-z0-9]", "_");
        try (Connection owner = team();
                Statement statement = owner.createStatement()) {
            statement.execute("create role " + role + " login");
            statement.execute("create schema " + role + " authorization " + role);
            owner.commit();
            String url = service.databaseUrl().replace("user=postgres", "user=" + role);
            try (Connection sender = DriverManager.getConnection(url)) {
                assertThatThrownBy(() -> call(sender, "rowmq.send(?, 'x')", queue.name()))
                        .hasMessageContaining("permission denied for schema rowmq");
                statement.execute("grant usage on schema rowmq to " + role);
                owner.commit();
                assertThatThrownBy(() -> call(sender, "rowmq.send(?, 'x')", queue.name()))
                        .hasMessageContaining("permission denied for function send");
                statement.execute("grant execute on function rowmq.send to " + role);
                owner.commit();
                try (Statement own = sender.createStatement()) {
                    own.execute("create table " + role + ".queue (id int)");
                    own.execute("create temporary table queue (id int)");
                    own.execute("create temporary table message (id int)");
                    own.execute("create function %1$s.convert_to(text, name) returns bytea language sql"
                            .formatted(role) + " as $$ select 'taken'::bytea $$");
                    own.execute("create function %1$s.clock_timestamp() returns timestamptz language sql"
                            .formatted(role) + " as $$ select 'infinity'::timestamptz $$");
                    own.execute("create function %1$s.never(text, text) returns boolean language sql"
                            .formatted(role) + " as $$ select false $$");
                    own.execute("create function %1$s.never(integer, integer) returns boolean language sql"
                            .formatted(role) + " as $$ select false $$");
                    for (String operator : "= !~ >= <=".split(" ")) {
                        for (String type : "text integer".split(" ")) {
                            own.execute("create operator %1$s.%2$s (leftarg = %3$s, rightarg = %3$s, function ="
                                    .formatted(role, operator, type) + " %1$s.never)".formatted(role));
                        }
                    }
                    own.execute("set search_path = pg_temp, " + role + ", pg_catalog, public");
                    own.execute("set standard_conforming_strings = off");
                }
                assertThat(call(sender, "rowmq.send(?, 'x')", queue.name())).hasSize(36);
                assertThat(call(sender, "rowmq.send(?, 'x', id => 'own')", queue.name())).isEqualTo("own");
                assertThatThrownBy(() -> call(sender, "rowmq.send(?, chr(1))", queue.name()))
                        .hasMessageContaining("control character");
                assertThatThrownBy(() -> call(sender, "count(*) from rowmq.message"))
                        .hasMessageContaining("permission denied for table message");
            }
            statement.execute("drop owned by " + role);
            statement.execute("drop role " + role);
            owner.commit();
        }
        assertThat(queue.receive(10)).extracting(QueueClient::body).containsExactly("x", "x");
    }

    @Test
    void entries_of_a_trace_do_not_count() throws Exception {
        QueueClient queue = queue();
        String ten = "jsonb_object_agg('k' || n, 'v') from generate_series(1, 10) n";
        String trace = "(select '{\"traceparent\": \"t\", \"baggage\": \"b\"}' || " + ten + ")";
        once("rowmq.send(?, 'x', metadata => " + trace + ")", queue.name());
        assertThat(queue.receiveOne().path("metadata").size()).isEqualTo(12);
        once("rowmq.send(?, 'x', metadata => '{\"traceparent\": \"t\"}')", queue.name());
        assertThat(queue.receiveOne().path("metadata").path("traceparent").asString()).isEqualTo("t");
        assertThatThrownBy(() -> once("rowmq.send(?, 'x', metadata => " + trace.replace("baggage", "b") + ")",
                queue.name())).hasMessageContaining("metadata has 11 entries");
    }

    @Test
    void functions_for_the_functions_only_are_not_granted_to_everybody() throws Exception {
        assertThat(once("""
            string_agg(p.proname, ', ')
            from pg_proc p
            where p.pronamespace = 'rowmq'::regnamespace
                and (p.proacl is null or exists (select 1 from aclexplode(p.proacl) one where one.grantee = 0))
            """)).isNull();
    }

    /** Otherwise an export could not be imported, nor a database be moved. */
    @Test
    void sql_and_http_take_the_same_ids() throws Exception {
        try (Connection team = team();
                PreparedStatement check = team.prepareStatement(
                        "select c from generate_series(1, 1114111) c where c not between 55296 and 57343"
                                + " and chr(c) collate \"C\" !~ rowmq._unprintable()")) {
            BitSet taken = new BitSet();
            try (ResultSet rows = check.executeQuery()) {
                while (rows.next()) {
                    taken.set(rows.getInt(1));
                }
            }
            List<String> different = IntStream.rangeClosed(1, Character.MAX_CODE_POINT)
                    .filter(c -> c != '.')
                    .filter(c -> taken.get(c) != MessageValidator.isId(Character.toString(c)))
                    .mapToObj(c -> "U+%04X".formatted(c))
                    .toList();
            assertThat(different).isEmpty();
        }
        QueueClient queue = queue();
        String longest = "\uD83D\uDE00".repeat(50);
        once("rowmq.send(?, 'x', id => ?)", queue.name(), longest);
        assertThat(queue.send("{\"body\": \"x\", \"id\": \"" + longest + "\"}").expect(200).json().path("status")
                .asString()).isEqualTo("duplicate");
    }

    @Test
    void a_receive_keeps_from_others_only_what_it_returns() throws Exception {
        QueueClient queue = queue("{\"priorities\": 2, \"maxMessageSize\": \"10MB\"}");
        once("count(rowmq.send_bytes(?, decode(repeat('00', 5000000), 'hex'), priority => 0))"
                + " from generate_series(1, 9)", queue.name());
        once("rowmq.send(?, 'small', priority => 1)", queue.name());
        try (Connection first = team(); Connection second = team()) {
            assertThat(call(first, "count(*) || ' ' || max(priority) from rowmq.receive(?, 20)", queue.name()))
                    .isEqualTo("7 0");
            assertThat(call(second, "count(*) || ' ' || max(priority) from rowmq.receive(?, 20)", queue.name()))
                    .isEqualTo("3 1");
        }
    }

    @Test
    void months_and_years_have_thirty_and_three_hundred_and_sixty_days() throws Exception {
        QueueClient queue = queue();
        once("rowmq.send(?, 'x', delay => '1 year')", queue.name());
        once("rowmq.send(?, 'x', delay => '12 months 5 days')", queue.name());
        assertThat(queue.stats().path("delayed").asInt()).isEqualTo(2);
    }

    /** PUBLIC loses EXECUTE on a new function even if the owner's default privileges give it an access list. */
    @Test
    void a_new_function_is_for_nobody_also_with_default_privileges() throws Exception {
        try (Connection owner = DriverManager.getConnection(TestDatabase.POSTGRESQL.freshUrl());
                Statement statement = owner.createStatement()) {
            statement.execute("create schema rowmq");
            statement.execute("alter default privileges in schema rowmq grant execute on functions to pg_monitor");
            try (RunningService fresh = new RunningService(owner.getMetaData().getURL())) {
                fresh.http().get("/v1/queues").expect(200);
            }
            try (ResultSet open = statement.executeQuery("""
                    select string_agg(p.proname, ', ')
                    from pg_proc p, aclexplode(p.proacl) one
                    where p.pronamespace = 'rowmq'::regnamespace and one.grantee = 0
                    """)) {
                open.next();
                assertThat(open.getString(1)).isNull();
            }
        }
    }
}
