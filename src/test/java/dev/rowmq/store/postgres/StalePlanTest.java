package dev.rowmq.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.BulkStore;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.jpa.catalog.QueueStore;
import dev.rowmq.store.jpa.messages.DeadLetterStore;
import dev.rowmq.store.jpa.messages.MessageReader;
import dev.rowmq.store.upkeep.MessageRemover;
import dev.rowmq.store.upkeep.Upkeep;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * With full tables and the statistics of empty ones, no statement on a hot table reads more than a constant number of
 * pages for each row that it changes or returns.
 */
@org.junit.jupiter.api.TestMethodOrder(org.junit.jupiter.api.MethodOrderer.MethodName.class)
@Tag("long")
class StalePlanTest {

    private static final int ROWS = Boolean.getBoolean("rowmq.soak") ? 1_000_000 : 200_000;
    private static final int PAGES_PER_ROW = 40;
    private static final int PAGES = 120;

    private static RunningService service;
    private static JdbcTemplate jdbc;
    private static Transactions transactions;
    private static Queue queue;

    @BeforeAll
    static void fill() {
        service = new RunningService(
                TestDatabase.POSTGRESQL.freshUrl(), "rowmq.maintenance.redelivery=0s", "rowmq.maintenance.clean-up=0s",
                "rowmq.maintenance.vacuum=0s");
        jdbc = service.bean(JdbcTemplate.class);
        transactions = service.bean(Transactions.class);
        QueueClient client = service.http().queue("{\"maxDeliveries\": 3}");
        // every statement is planned on empty tables first, as for a new queue
        exercise(client);
        int id = jdbc.queryForObject("select id from queue where name = ?", Integer.class, client.name());
        queue = transactions.inTransaction(() -> service.bean(QueueStore.class).find(client.name())).orElseThrow();
        for (String table : List.of("message", "delayed_message", "processed_id", "dead_letter")) {
            jdbc.execute("alter table " + table + " set (autovacuum_enabled = false)");
            jdbc.execute("vacuum (analyze) " + table);
        }
        run("""
            insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, leased_at,
                deliveries, id, body_kind, body, enqueued_at, expires_at)
            select %1$d, 0, 1000000 + n, clock_timestamp() - interval '1 minute',
                case when n <= 20000 then 1 else 0 end, n, clock_timestamp(),
                case when n <= 10000 then 3 when n <= 20000 then 1 else 0 end,
                case when n %% 2 = 0 then 'id' || n end, 0, 'body',
                clock_timestamp(),
                clock_timestamp()
                    + case when n between 20001 and 30000 then -1 else 1000 end * interval '1 minute'
            from generate_series(1, %2$d) n
            """.formatted(id, ROWS));
        run(("insert into processed_id (queue_id, id, priority, position, body_hash, enqueued_at, visible_at, "
                + "forget_at) select %d, 'id' || n, 0, 1000000 + n, 'x', clock_timestamp(), clock_timestamp(), case "
                + "when n > %d then clock_timestamp() - interval '1 hour' end from generate_series(2, %d, 2) n")
                .formatted(id, ROWS - 20_000, ROWS));
        run(("insert into delayed_message (queue_id, due_at, position, priority, deliveries, body_kind, body, "
                + "enqueued_at, expires_at) select %d, clock_timestamp() + (n - 10000) * interval '1 minute', "
                + "5000000 + n, 0, 0, 0, 'body', clock_timestamp(), clock_timestamp() + interval '1 year' from "
                + "generate_series(1, %d) n")
                .formatted(id, ROWS));
        run(("insert into dead_letter (queue_id, position, priority, id, id_given, reason, deliveries, body_kind, "
                + "body, enqueued_at, dead_at) select %d, 9000000 + n, 0, 'dead' || n, true, 0, 3, 0, 'body', "
                + "clock_timestamp(), clock_timestamp() - (20000 - n) * interval '1 minute' from generate_series(1, "
                + "%d) n")
                .formatted(id, ROWS));
        jdbc.update("update queue_counter set claimed_to = 1020000 where queue_id = ?", id);
    }

    /** Runs a statement on a connection of its own, because it takes longer than the service allows. */
    private static void run(String sql) {
        dev.rowmq.support.Postgres.shared().runIn(service.databaseUrl(), sql);
    }

    /** Runs each statement often enough for PostgreSQL to keep a generic plan. */
    private static void exercise(QueueClient client) {
        for (int i = 0; i < 12; i++) {
            client.sendBatch("{\"body\": \"x\", \"id\": \"a" + i
                    + "\"}, {\"body\": \"y\"}, {\"body\": \"z\"}, {\"body\": \"w\", \"delay\": \"1h\"}").expect(200);
            List<tools.jackson.databind.JsonNode> got = client.receive(3);
            client.settle("extend", got.get(0), ", \"visibilityTimeout\": \"10s\"");
            client.ack(got.get(0));
            client.settle("nack", got.get(1), ", \"delay\": \"0s\"");
            client.settle("nack", got.get(2), ", \"delay\": \"1h\"");
            client.ack(client.receiveOne());
            client.http().get(client.path() + "/messages?state=delayed&limit=1").expect(200);
        }
        client.http().delete(client.path() + "/messages").expect(202);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    /**
     * Asserts that the work reads few pages.
     *
     * @return the result of the work
     */
    private static <T> T few(String what, int rows, Supplier<T> work) {
        return service.bean(org.springframework.transaction.support.TransactionTemplate.class).execute(status -> {
            long before = pages();
            T result = work.get();
            assertThat(pages() - before).as(what + " of " + rows + " rows reads pages")
                    .isLessThanOrEqualTo(PAGES + (long) PAGES_PER_ROW * rows);
            return result;
        });
    }

    private static long pages() {
        return jdbc.queryForObject("""
            select sum(pg_stat_get_xact_blocks_fetched(oid))
            from pg_class
            where relnamespace = 'rowmq'::regnamespace and relkind in ('r', 'i')
                and relname ~ '^(message|delayed_message|processed_id|dead_letter)'
            """, Long.class);
    }

    private static List<Settlement> settlements(int from, int number, Duration rest) {
        return IntStream.range(from, from + number)
                .<Settlement>mapToObj(n -> rest == null
                        ? new Settlement.Ack(new MessageKey(queue.id(), 0, 1_000_000 + n), n,
                                Duration.ofDays(1))
                        : new Settlement.Nack(new MessageKey(queue.id(), 0, 1_000_000 + n), n, rest,
                                Optional.empty()))
                .toList();
    }

    @Test
    void settling_finds_its_rows_by_their_keys() {
        MessageStore store = service.bean("messageStore", MessageStore.class);
        for (int round = 0; round < 8; round++) {
            int from = 15_000 + round * 500;
            assertThat(few("ack", 100, () -> store.settle(settlements(from, 100, null))))
                    .allMatch(SettleOutcome.Done.class::isInstance);
            assertThat(few("release", 100, () -> store.settle(settlements(from + 100, 100, Duration.ZERO))))
                    .allMatch(SettleOutcome.Done.class::isInstance);
            assertThat(few("release later", 100, () -> store.settle(settlements(from + 200, 100, Duration.ofHours(1)))))
                    .allMatch(SettleOutcome.Done.class::isInstance);
            assertThat(few("extend", 100, () -> store.settle(IntStream.range(from + 300, from + 400)
                            .<Settlement>mapToObj(n -> new Settlement.Extend(
                                    new MessageKey(queue.id(), 0, 1_000_000 + n), n, Duration.ofMinutes(1),
                                    Duration.ZERO))
                            .toList())))
                    .allMatch(SettleOutcome.Done.class::isInstance);
            assertThat(few("bury", 10, () -> store.settle(IntStream.range(from + 400, from + 410)
                            .<Settlement>mapToObj(n -> new Settlement.ToDeadLetters(
                                    new MessageKey(queue.id(), 0, 1_000_000 + n), n, DeadLetter.Reason.MAX_DELIVERIES,
                                    Optional.empty(), new DeadLetterTarget.OwnList()))
                            .toList())))
                    .allMatch(SettleOutcome.Done.class::isInstance);
            assertThat(few("stale", 10, () -> store.settle(settlements(from, 10, null))))
                    .allMatch(SettleOutcome.Gone.class::isInstance);
        }
    }

    @Test
    void jobs_find_their_rows_in_the_order_of_an_index() {
        BulkStore bulk = service.bean(BulkStore.class);
        BulkStore.Range leased = new BulkStore.Range(queue.id(), 0, 0, 1_014_000);
        BulkStore.Range expired = new BulkStore.Range(queue.id(), 0, 1_020_000, 1_030_000);
        for (int round = 0; round < 7; round++) {
            assertThat(few("bury used up", 1000, () -> bulk.deadLetterUsedUp(leased, 3)).messages()).isEqualTo(1000);
            assertThat(few("expire", 1000, () -> bulk.expire(expired)).messages()).isEqualTo(1000);
            assertThat(few("move due", 1000, () -> bulk.moveDue(queue.id(), Duration.ZERO)).messages()).isEqualTo(1000);
            assertThat(few("forget", 1000, bulk::forgetIds).messages()).isEqualTo(1000);
            assertThat(few("redrive", 1000, () -> bulk.redriveFirst(queue.id(), 1000, Duration.ofDays(1))).messages())
                    .isEqualTo(1000);
            assertThat(few("delete", 1000, () -> bulk.deleteFirst(queue.id(), 1000)).messages()).isEqualTo(1000);
            assertThat(few("delete old", 1000, () -> bulk.deleteOld(queue.id(), Duration.ofMinutes(1))).messages())
                    .isEqualTo(1000);
            int from = 100_000 + round * 100;
            List<String> ids = IntStream.range(from, from + 100).mapToObj(n -> "dead" + n).toList();
            List<Long> positions = List.copyOf(
                    few("positions", 100, () -> bulk.deadLetterPositions(queue.id(), ids)).values());
            assertThat(positions).hasSize(100);
            assertThat(few("redrive by position", 50,
                    () -> bulk.redrive(queue.id(), positions.subList(0, 50), Duration.ofDays(1))).messages())
                    .isEqualTo(50);
            assertThat(few("delete by position", 50, () -> bulk.delete(queue.id(), positions.subList(50, 100)))
                    .messages()).isEqualTo(50);
        }
        assertThat(few("end leases", 1000,
                () -> bulk.endLeases(new BulkStore.Range(queue.id(), 0, 1_010_000, 1_014_000), 3)).messages())
                .isEqualTo(1000);
        assertThat(few("nothing due", 0, () -> service.bean(Upkeep.class).anyDue(-1))).isFalse();
    }

    @Test
    void looks_find_their_rows_by_an_index() {
        MessageReader messageReader = service.bean(MessageReader.class);
        List<String> cursors = new ArrayList<>();
        LongStream.of(1_050_000, 1_000_000L + ROWS / 2).forEach(position -> cursors.add("0 " + position));
        for (String cursor : cursors) {
            few("peek", 101, () -> messageReader.page(queue, dev.rowmq.model.message.MessageView.State.READY, 100,
                    Optional.of(cursor), 1 << 20));
        }
        few("peek of what is in flight, behind the last", 0, () -> messageReader.page(
                queue, dev.rowmq.model.message.MessageView.State.IN_FLIGHT, 100, Optional.of("0 1020000"), 1 << 20));
        few("dead letters", 101, () -> service.bean(DeadLetterStore.class)
                .page(queue.id(), 100, Optional.of("9100000"), 1 << 20));
        few("a processed id", 1, () -> messageReader.processed(queue.id(), "id50002"));
        few(
                "processed ids",
                3,
                () -> messageReader.processedPositions(queue.id(), List.of("id50002", "id50004", "none")));
        few("a message", 1, () -> messageReader.find(queue.id(), "id50002"));
        few("a dead letter", 1, () -> service.bean(DeadLetterStore.class).find(queue.id(), "dead150000"));
    }

    /** Runs last, because it removes the rows that the other tests read. */
    @Test
    void zz_a_purge_and_the_removal_of_a_queue_read_what_they_remove() {
        MessageRemover removal = service.bean(MessageRemover.class);
        BulkStore bulk = service.bean(BulkStore.class);
        long all = Long.MAX_VALUE / 2;
        for (int round = 0; round < 3; round++) {
            assertThat(few("purge", 1000, () -> bulk.purge(queue.id(), all)).messages()).isEqualTo(1000);
            assertThat(few("purge of what is delayed", 1000, () -> bulk.purgeDelayed(queue.id(), all)).messages())
                    .isEqualTo(1000);
            for (String table : List.of("message", "delayed_message", "processed_id", "dead_letter")) {
                assertThat(few("sweep of " + table, 1000, () -> bulk.sweep(table, queue.id()))).isEqualTo(1000);
            }
        }
        assertThat(removal.lastPosition()).isPositive();
    }
}
