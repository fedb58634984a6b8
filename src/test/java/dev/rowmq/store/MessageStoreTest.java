package dev.rowmq.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.queue.QueueService;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.QueueCounters;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** The hot path of the store, in groups. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class MessageStoreTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final MessageStore store;
    private final JdbcTemplate jdbc;
    private final int queueId;
    private final boolean h2;

    MessageStoreTest(TestDatabase database) {
        this.h2 = database == TestDatabase.H2;
        this.store = database.service().bean(MessageStore.class);
        this.jdbc = database.service().bean(JdbcTemplate.class);
        this.queueId = database.service()
                .bean(QueueService.class)
                .put("store-" + System.nanoTime(), before -> QueueSettings.DEFAULT)
                .value()
                .id();
    }

    private MessageRow row(byte[] body, int priority) {
        return new MessageRow(
                queueId,
                priority,
                Optional.empty(),
                null,
                new Body(Body.Kind.BYTES, body),
                Map.of(),
                Duration.ZERO,
                Optional.empty(),
                Duration.ofDays(1),
                false,
                0,
                Optional.empty(),
                Optional.empty());
    }

    private MessageRow row(byte[] body) {
        return row(body, 0);
    }

    private List<Lease> claim(int max, Duration visibilityTimeout) {
        return claimed(max, visibilityTimeout).leases();
    }

    private ClaimResult claimed(int max, Duration visibilityTimeout) {
        return store.claim(
                        List.of(new ClaimRequest(queueId, QueueSettings.DEFAULT, 2, visibilityTimeout, max, Map.of())))
                .getFirst();
    }

    @Test
    void a_stale_and_a_valid_receipt_of_one_message_in_one_group_are_told_apart() {
        for (boolean staleFirst : new boolean[] {true, false}) {
            store.send(List.of(row(new byte[] {1})));
            Lease stale = claim(1, Duration.ZERO).getFirst();
            Lease valid = claim(1, MINUTE).getFirst();
            assertThat(valid.key()).isEqualTo(stale.key());
            Settlement old = new Settlement.Ack(stale.key(), stale.token(), MINUTE);
            Settlement current = new Settlement.Ack(valid.key(), valid.token(), MINUTE);

            List<SettleOutcome> settled = store.settle(staleFirst ? List.of(old, current) : List.of(current, old));

            assertThat(settled.get(staleFirst ? 1 : 0)).isInstanceOf(SettleOutcome.Done.class);
            assertThat(settled.get(staleFirst ? 0 : 1)).isNotInstanceOf(SettleOutcome.Done.class);
            assertThat(claim(1, MINUTE)).isEmpty();
        }
    }

    @Test
    void a_claim_takes_no_more_bytes_into_memory_than_it_may() {
        byte[] large = new byte[900 * 1024];
        for (int i = 0; i < 4; i++) {
            List<MessageRow> rows = new ArrayList<>();
            for (int j = 0; j < 10; j++) {
                rows.add(row(large));
            }
            store.send(rows);
        }
        store.send(List.of(row(new byte[] {1}, 1)));
        // H2 rewrites a whole row for each change, which takes a multiple of its size in memory
        long most = h2
                ? Math.min(JdbcMessageStore.MAX_BYTES, Runtime.getRuntime().maxMemory() / 64)
                : JdbcMessageStore.MAX_BYTES;
        int fitting = (int) (most / large.length);

        for (int left = 40; left > fitting; left -= fitting) {
            ClaimResult cut = claimed(1000, MINUTE);
            assertThat(cut.leases()).hasSize(fitting).allMatch(lease -> lease.key().priority() == 0);
            assertThat(cut.more()).isTrue();
        }
        ClaimResult last = claimed(1000, MINUTE);

        assertThat(last.leases()).hasSize((40 - 1) % fitting + 1 + 1);
        assertThat(last.leases().getLast().key().priority()).isEqualTo(1);
        assertThat(last.more()).isFalse();
    }

    @Test
    void leases_end_when_they_should_also_in_a_time_zone_with_summer_time() {
        TimeZone before = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone("Europe/Berlin"));
        try {
            // in an hour that occurs twice in that zone: 00:30 and 01:30 UTC are both 02:30 there
            store.send(List.of(new MessageRow(
                    queueId,
                    0,
                    Optional.of("z"),
                    new byte[32],
                    new Body(Body.Kind.BYTES, new byte[] {1}),
                    Map.of(),
                    Duration.ZERO,
                    Optional.of(java.time.Instant.parse("2030-10-27T01:30:00Z")),
                    Duration.ofDays(1),
                    false,
                0,
                Optional.empty(),
                Optional.empty())));
            assertThat(jdbc.queryForObject(
                            "select due_at from delayed_message where queue_id = ?",
                            java.time.OffsetDateTime.class,
                            queueId)
                    .toInstant())
                    .isEqualTo(java.time.Instant.parse("2030-10-27T01:30:00Z"));
        } finally {
            TimeZone.setDefault(before);
        }
    }

    @Test
    void counter_rows_of_writers_that_ended_are_folded_into_one() {
        store.send(List.of(row(new byte[] {1}), row(new byte[] {2})));
        QueueCounters counters = new QueueCounters(jdbc);
        jdbc.update("update queue_counter set updated_at = updated_at - interval '2' hour where queue_id = ?", queueId);
        jdbc.update(
                "insert into queue_counter (queue_id, writer, updated_at) values (?, -1, clock_timestamp() - interval"
                        + " '2' hour)",
                queueId);
        long before = counters.of(queueId).held();

        counters.fold();

        assertThat(counters.of(queueId).held()).isEqualTo(before).isEqualTo(2);
        assertThat(jdbc.queryForObject("select count(*) from queue_counter where queue_id = ?", Long.class, queueId))
                .isEqualTo(1);
    }
}
