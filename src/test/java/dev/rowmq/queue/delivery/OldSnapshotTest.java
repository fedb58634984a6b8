package dev.rowmq.queue.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.durable.LowWaterMarks;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;

/** PostgreSQL while another transaction holds an old snapshot, so that deleted rows cannot be vacuumed. */
@Tag("long")
class OldSnapshotTest {

    private static final int REMOVED = 150_000;

    @Test
    void removed_rows_are_walked_over_once_and_what_comes_back_is_found_all_the_same() throws Exception {
        try (RunningService service = new RunningService(TestDatabase.POSTGRESQL.freshUrl());
                Connection old = DriverManager.getConnection(service.databaseUrl())) {
            QueueClient queue =
                    service.http().queue("{\"maxDeliveries\": 1, \"priorities\": 3, \"visibilityTimeout\": \"5m\"}");
            int queueId = service.bean(QueueService.class).get(queue.name()).queue().id();
            JdbcTemplate jdbc = service.bean(JdbcTemplate.class);
            queue.sendText("dead letter");
            assertThat(queue.nack(queue.receiveOne())).isEqualTo("dead");
            old.setAutoCommit(false);
            old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            old.createStatement().execute("select count(*) from queue");
            jdbc.update("""
                insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries,
                    body_kind, body, enqueued_at, expires_at)
                select ?, 2, nextval('message_position'), clock_timestamp(), 0, 0, 0, 0, 'm', clock_timestamp(),
                    clock_timestamp() + interval '1 day'
                from generate_series(1, ?)
                """, queueId, REMOVED);
            jdbc.update("delete from message where queue_id = ?", queueId);
            queue.sendText("first");
            JsonNode first = queue.receiveOne();

            // receivers and the job that ends expired leases measure that scans have become long
            LowWaterMarks lowWaterMarks = service.bean(LowWaterMarks.class);
            Eventually.within(Duration.ofSeconds(20), "the head is known to stand behind the removed rows", () -> {
                queue.receive(1);
                return lowWaterMarks.head(queueId, 2) > REMOVED;
            });

            service.http().post(queue.path() + "/dead-letters/redrive", "{\"all\": true}");
            assertThat(soon(queue)).isEqualTo("dead letter");
            assertThat(queue.ack(first)).isEqualTo("acked");

            // an instance that has leased no message yet has no low-water marks of this queue
            try (RunningService other = new RunningService(service.databaseUrl())) {
                queue.sendText("for the other");
                assertThat(soon(new QueueClient(other.http(), queue.name()))).isEqualTo("for the other");
            }
        }
    }

    /** Returns the body of the next message, received within 30 s. */
    private static String soon(QueueClient queue) {
        List<JsonNode> received = new ArrayList<>();
        Eventually.within(Duration.ofSeconds(30), "a message came", () -> {
            received.addAll(queue.receive("{\"max\": 1, \"wait\": \"1s\"}"));
            return !received.isEmpty();
        });
        return QueueClient.body(received.getFirst());
    }

    @Test
    void a_row_of_counts_does_not_get_more_and_more_versions() {
        try (RunningService service = new RunningService(TestDatabase.POSTGRESQL.freshUrl())) {
            QueueClient queue = service.http().queue();
            for (int i = 0; i < 1200; i++) {
                queue.sendText("m");
            }
            JdbcTemplate jdbc = service.bean(JdbcTemplate.class);
            assertThat(jdbc.queryForObject("select count(*) from queue_counter where sent > 0", Long.class))
                    .isEqualTo(3);
            assertThat(jdbc.queryForObject("select max(sent) from queue_counter", Long.class)).isLessThanOrEqualTo(501);
            assertThat(queue.stats().path("sent").asLong()).isEqualTo(1200);
        }
    }
}
