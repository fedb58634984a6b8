package dev.rowmq.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.queue.QueueService;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.MessageStore;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * PostgreSQL's planner with statistics of an empty table when the hot table holds 1,000,000 rows, as happens regularly
 * to a queue.
 */
class ClaimPlanTest {

    @Test
    void a_claim_walks_the_primary_key_whatever_the_statistics_say() {
        try (RunningService service = new RunningService(TestDatabase.POSTGRESQL.freshUrl())) {
            JdbcTemplate jdbc = service.bean(JdbcTemplate.class);
            int queueId = service.bean(QueueService.class).put("q", before -> QueueSettings.DEFAULT).value().id();
            jdbc.execute("alter table message set (autovacuum_enabled = off)");
            jdbc.execute("vacuum analyze message");
            for (int i = 0; i < 10; i++) {
                jdbc.execute("""
                    insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries,
                        body_kind, body, enqueued_at, expires_at)
                    select %d, 0, nextval('message_position'), clock_timestamp(), 0, 0, 0,
                        0, decode(repeat('61', 128), 'hex'), clock_timestamp(), clock_timestamp() + interval '1 day'
                    from generate_series(1, 100000)
                    """.formatted(queueId));
            }
            assertThat(jdbc.queryForObject("select reltuples from pg_class where relname = 'message'", Float.class))
                    .isLessThan(1);
            for (String joins : List.of("on", "off")) {
                jdbc.execute("alter system set enable_hashjoin = " + joins);
                jdbc.execute("alter system set enable_mergejoin = " + joins);
                jdbc.execute("select pg_reload_conf()");
                assertThat(plan(jdbc, queueId))
                        .as("joins " + joins)
                        .anyMatch(line -> line.contains("Index Scan using message_pkey"))
                        .noneMatch(line -> line.contains("Seq Scan") || line.contains("Sort"));
                MessageStore store = service.bean(MessageStore.class);
                for (int i = 0; i < 20; i++) {
                    long start = System.nanoTime();
                    assertThat(store.claim(List.of(new ClaimRequest(
                                            queueId, QueueSettings.DEFAULT, 1, Duration.ofMinutes(1), 100, Map.of())))
                                    .getFirst()
                                    .leases())
                            .hasSize(100);
                    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
                }
            }
            jdbc.execute("alter system reset enable_hashjoin");
            jdbc.execute("alter system reset enable_mergejoin");
            jdbc.execute("select pg_reload_conf()");
        }
    }

    private static List<String> plan(JdbcTemplate jdbc, int queueId) {
        return jdbc.queryForList(
                "explain " + PostgresStatements.LEASE,
                String.class,
                queueId,
                0,
                0L,
                5,
                100,
                30_000L,
                0.0,
                2.0,
                0.0,
                1L << 25,
                true,
                1L);
    }
}
