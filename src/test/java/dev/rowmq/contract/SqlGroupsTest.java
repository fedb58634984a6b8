package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;

/** FIFO queues in a team's own transactions on PostgreSQL. */
class SqlGroupsTest {

    private final RunningService service = TestDatabase.POSTGRESQL.service();
    private final QueueClient queue = service.http().queue("{\"fifo\": true, \"contentBasedDeduplication\": true}");

    private Connection team() throws SQLException {
        Connection connection = DriverManager.getConnection(service.databaseUrl());
        connection.setAutoCommit(false);
        return connection;
    }

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

    private void send(Connection team, String body, String group) throws SQLException {
        call(team, "rowmq.send(?, ?, message_group => ?)", queue.name(), body, group);
    }

    private static List<String> bodies(List<JsonNode> messages) {
        return messages.stream().map(QueueClient::body).toList();
    }

    @Test
    void the_order_is_that_of_the_commits() throws SQLException {
        try (Connection first = team()) {
            send(first, "one", "g");
            assertThat(queue.send("{\"body\": \"two\", \"group\": \"g\"}").status())
                    .as("the group is locked").isEqualTo(503);
            queue.send("{\"body\": \"other\", \"group\": \"h\"}").expect(201);
            assertThat(bodies(queue.receive(10))).containsExactly("other");
            send(first, "one more", "g");
            first.commit();
        }
        queue.send("{\"body\": \"two\", \"group\": \"g\"}").expect(201);
        assertThat(bodies(queue.receive(10))).containsExactly("one", "one more", "two");
    }

    @Test
    void many_groups_that_a_transaction_has_just_made_hold_up_no_other_queue() throws Exception {
        QueueClient other = service.http().queue("{\"fifo\": true, \"contentBasedDeduplication\": true}");
        try (Connection team = team(); ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 40; i++) {
                send(team, "first", "made-" + i);
            }
            String batch = IntStream.range(0, 40)
                    .mapToObj(i -> "{\"body\": \"second\", \"group\": \"made-%d\"}".formatted(i))
                    .collect(Collectors.joining(","));
            Future<JsonNode> blocked = senders.submit(() -> queue.sendBatch(batch).expect(200).json());
            long longest = 0;
            for (int i = 0; !blocked.isDone() || i == 0; i++) {
                long begin = System.nanoTime();
                other.send("{\"body\": \"%d\", \"group\": \"g\"}".formatted(i)).expect(201);
                longest = Math.max(longest, System.nanoTime() - begin);
                Thread.sleep(20);
            }
            assertThat(Duration.ofNanos(longest)).isLessThan(Duration.ofSeconds(2));
            assertThat(blocked.get().path("results")).allSatisfy(result ->
                    assertThat(result.path("code").asString()).isEqualTo("STORE_UNAVAILABLE"));
            team.rollback();
        }
        assertThat(queue.send("{\"body\": \"third\", \"group\": \"made-7\"}").status()).isEqualTo(201);
    }

    @Test
    void sends_to_other_groups_go_on_while_a_transaction_has_just_made_a_group() throws Exception {
        try (Connection team = team(); ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            send(team, "first", "fresh");
            List<Future<Integer>> blocked = new ArrayList<>();
            List<Future<Integer>> others = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                String other = "{\"body\": \"%d\", \"group\": \"other-%d\"}".formatted(i, i);
                others.add(senders.submit(() -> queue.send(other).status()));
                String same = "{\"body\": \"blocked %d\", \"group\": \"fresh\"}".formatted(i);
                if (i % 5 == 0) {
                    blocked.add(senders.submit(() -> queue.send(same).status()));
                }
            }
            for (Future<Integer> one : others) {
                assertThat(one.get()).isEqualTo(201);
            }
            for (Future<Integer> one : blocked) {
                assertThat(one.get()).isEqualTo(503);
            }
            team.commit();
        }
        assertThat(queue.stats().path("ready").asInt()).isEqualTo(21);
    }

    @Test
    void a_batch_keeps_its_order_and_a_rollback_leaves_nothing() throws SQLException {
        try (Connection team = team()) {
            send(team, "rolled back", "g");
            team.rollback();
            call(team, "count(*) from rowmq.send_batch(?, '[{\"body\": \"b\", \"group\": \"g\", \"id\": \"2\"},"
                    + "{\"body\": \"a\", \"group\": \"g\", \"id\": \"1\"}, {\"body\": \"c\", \"group\": \"h\"}]')",
                    queue.name());
            team.commit();
        }
        assertThat(bodies(queue.receive(10))).containsExactlyInAnyOrder("b", "a", "c").containsSubsequence("b", "a");
    }

    @Test
    void an_ack_in_a_transaction_frees_the_group_when_it_commits() throws SQLException {
        queue.send("{\"body\": \"one\", \"group\": \"g\"}").expect(201);
        queue.send("{\"body\": \"two\", \"group\": \"g\"}").expect(201);
        JsonNode one = queue.receiveOne();
        try (Connection team = team()) {
            call(team, "rowmq.ack(?)", one.path("receipt").asString());
            assertThat(queue.receive(10)).isEmpty();
            team.commit();
        }
        JsonNode two = queue.receive("{\"wait\": \"5s\"}").getFirst();
        assertThat(QueueClient.body(two)).isEqualTo("two");
        try (Connection team = team()) {
            call(team, "rowmq.nack(?, interval '0')", two.path("receipt").asString());
            team.commit();
        }
        assertThat(bodies(queue.receive("{\"wait\": \"5s\"}"))).containsExactly("two");
    }

    @Test
    void an_ack_over_http_waits_for_no_transaction_that_sends_to_the_group() throws SQLException {
        queue.send("{\"body\": \"one\", \"group\": \"g\"}").expect(201);
        queue.send("{\"body\": \"two\", \"group\": \"g\"}").expect(201);
        JsonNode one = queue.receiveOne();
        try (Connection team = team()) {
            send(team, "three", "g");
            long begin = System.nanoTime();
            assertThat(queue.ack(one)).isEqualTo("acked");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(500));
            team.commit();
        }
        Eventually.within(Duration.ofSeconds(3), "freed", () -> {
            List<String> next = bodies(queue.receive(10));
            return next.equals(List.of("two", "three"));
        });
    }

    @Test
    void a_body_sent_again_is_stored_once_by_both_ways() throws SQLException {
        String id = queue.send("{\"body\": \"same\", \"group\": \"g\"}").expect(201).json().path("id").asString();
        try (Connection team = team()) {
            assertThat(call(team, "rowmq.send(?, 'same', message_group => 'h')", queue.name())).isEqualTo(id);
            String other = call(team, "rowmq.send(?, 'other', message_group => 'h')", queue.name());
            team.commit();
            assertThat(queue.send("{\"body\": \"other\", \"group\": \"g\"}").expect(200).json().path("id").asString())
                    .isEqualTo(other);
        }
    }

    @Test
    void what_does_not_fit_a_fifo_queue_is_refused() throws SQLException {
        for (String sql : List.of(
                "rowmq.send(?, 'x')",
                "rowmq.send(?, 'x', message_group => 'a b')",
                "rowmq.send(?, 'x', message_group => 'g', delay => '5 s')",
                "rowmq.send_batch(?, '[{\"body\": \"x\"}]')",
                "count(*) from rowmq.receive(?)")) {
            try (Connection team = team()) {
                assertThatThrownBy(() -> call(team, sql, queue.name()))
                        .as(sql)
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("Hint: ");
            }
        }
        assertThat(queue.stats().path("ready").asInt()).isZero();
    }
}
