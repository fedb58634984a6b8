package dev.rowmq.store.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.QueueService;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.Lease;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The rows that PostgreSQL reads for claims and settlements in groups, with the statistics of empty tables: a few for
 * each message, however many wait.
 */
@Tag("long")
class GroupPlanTest {

    private static final int BACKLOG = 100_000;
    private static final int CLAIMED = 10;

    private static RunningService service;
    private static JdbcTemplate jdbc;

    @BeforeAll
    static void start() {
        service = new RunningService(TestDatabase.POSTGRESQL.freshUrl());
        jdbc = service.bean(JdbcTemplate.class);
        for (String table : List.of("message", "message_group", "group_member")) {
            jdbc.execute("vacuum analyze " + table);
            jdbc.execute("alter table " + table + " set (autovacuum_enabled = off)");
        }
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    /** A queue with messages that were sent to the groups in turn. */
    private static Queue backlog(boolean fifo, int groups) {
        String name = service.http().queue("{\"fifo\": " + fifo + "}").name();
        Queue queue = service.bean(QueueService.class).queue(name);
        jdbc.execute("""
            insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries,
                body_kind, body, metadata, enqueued_at, expires_at)
            select %1$d, 0, %1$d * 1000000 + n, clock_timestamp(), 0, 0, 0, 0, decode(repeat('61', 128), 'hex'),
                '{"rowmq.group":"g' || n %% %2$d || '"}', clock_timestamp(), clock_timestamp() + interval '1 day'
            from generate_series(1, %3$d) n
            """.formatted(queue.id(), groups, BACKLOG));
        if (fifo) {
            jdbc.execute("""
                insert into group_member (queue_id, group_id, position)
                select %1$d, 'g' || n %% %2$d, %1$d * 1000000 + n
                from generate_series(1, %3$d) n
                """.formatted(queue.id(), groups, BACKLOG));
            jdbc.execute("""
                insert into message_group (queue_id, group_id, head, next_at)
                select %1$d, 'g' || n, 0, clock_timestamp()
                from generate_series(0, %2$d - 1) n
                """.formatted(queue.id(), groups));
        }
        return queue;
    }

    private static long rowsRead() {
        return jdbc.queryForObject("""
            select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))
            from pg_stat_xact_user_tables
            where relname in ('message', 'message_group', 'group_member', 'delayed_message', 'queue_counter')
            """, Long.class);
    }

    private static long read(Runnable work) {
        return service.bean(Transactions.class).inTransaction(() -> {
            long before = rowsRead();
            work.run();
            return rowsRead() - before;
        });
    }

    @ParameterizedTest
    @CsvSource({"1", "1000", "100000"})
    void a_claim_and_its_acks_read_a_few_rows_for_each_message(int groups) {
        Queue queue = backlog(true, groups);
        MessageStore store = service.bean(MessageStore.class);
        ClaimRequest request =
                new ClaimRequest(queue.id(), queue.settings(), 1, Duration.ofMinutes(1), CLAIMED, Map.of());
        for (int i = 0; i < 30; i++) {
            List<Lease> leases = new ArrayList<>();
            long claim = read(() -> leases.addAll(store.claim(List.of(request)).getFirst().leases()));
            assertThat(leases).isNotEmpty();
            assertThat(claim).as("rows read by claim %d", i).isLessThan(400);
            List<Settlement> acks = leases.stream()
                    .<Settlement>map(lease -> new Settlement.Ack(lease.key(), lease.token(), Duration.ofDays(1)))
                    .toList();
            assertThat(read(() -> store.settle(acks))).as("rows read by ack %d", i).isLessThan(400);
        }
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {
        "`\"rowmq.group\":\"a\",\"b\":\"c\"}`, a",
        "`\"rowmq.group\": \"a b\"}`, `a b`",
        "`\"rowmq.group\":\"a\\\"b\\\\\"}`, `a\"b\\`",
        "`\"rowmq.group\":\"cut`, cut",
    })
    void the_group_is_read_from_its_entry(String entry, String group) {
        assertThat(FairStore.group(entry)).isEqualTo(group);
        assertThat(FairStore.group(null)).isEmpty();
    }

    @Test
    void a_claim_that_passes_over_a_noisy_group_reads_a_bounded_number_of_rows() {
        Queue queue = backlog(false, 1);
        FairStore store = service.bean(FairStore.class);
        ClaimRequest request =
                new ClaimRequest(queue.id(), queue.settings(), 1, Duration.ofMinutes(1), CLAIMED, Map.of());
        FairStore.QuietClaim[] claimed = new FairStore.QuietClaim[1];
        long scanned = read(() -> claimed[0] = store.claimOthers(request, Set.of("g0"), 1 << 20));
        assertThat(claimed[0].leases()).isEmpty();
        assertThat(claimed[0].end()).isFalse();
        assertThat(scanned).isBetween(4_000L, 7_000L);
        assertThat(claimed[0].passedOver()).isTrue();
        assertThat(read(() -> store.noisyGroups(queue.id(), 0, 0))).isLessThan(14_000L);
        assertThat(read(() -> store.noisyGroups(queue.id(), 0, 50_000))).isLessThan(21_000L);
    }
}
