package dev.rowmq.store.postgres;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.BulkStore;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.springframework.jdbc.core.JdbcTemplate;

/** {@link BulkStore} on PostgreSQL: one statement for each set. */
public final class PostgresBulkStore extends BulkStore {

    private final JdbcTemplate jdbc;

    public PostgresBulkStore(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Runs a statement that returns the number of leased messages, the number of others, and the last position or null.
     */
    private Step step(String sql, Object... parameters) {
        return jdbc.queryForObject(
                sql,
                (row, n) -> {
                    long last = row.getLong(3);
                    boolean none = row.wasNull();
                    return new Step(row.getInt(1), row.getInt(2), last, !none);
                },
                parameters);
    }

    @Override
    public Step endLeases(Range range, int maxDeliveries) {
        Step step = step(
                PostgresBulkStatements.END_LEASES,
                range.queueId(), range.priority(), range.after(), range.through(), maxDeliveries, ROWS);
        return new Step(step.messages(), 0, step.last(), step.more());
    }

    @Override
    public Step deadLetterUsedUp(Range range, int maxDeliveries) {
        return step(
                PostgresBulkStatements.BURY_USED_UP,
                range.queueId(), range.priority(), range.after(), range.through(), maxDeliveries, ROWS, BYTES,
                DeadLetter.Reason.MAX_DELIVERIES.ordinal());
    }

    @Override
    public Step deadLetterExpiredMessages(Range range) {
        return step(
                PostgresBulkStatements.BURY_EXPIRED,
                range.queueId(), range.priority(), range.after(), range.through(), ROWS, BYTES,
                DeadLetter.Reason.EXPIRED.ordinal());
    }

    @Override
    public Step expire(Range range) {
        return step(
                PostgresBulkStatements.EXPIRE,
                range.queueId(), range.priority(), range.after(), range.through(), ROWS, EXPIRED);
    }

    @Override
    public Step expire(int queueId, List<MessageKey> keys) {
        return step(
                PostgresBulkStatements.EXPIRE_BY_KEY,
                keys.stream().mapToInt(MessageKey::priority).toArray(),
                keys.stream().mapToLong(MessageKey::position).toArray(),
                queueId,
                EXPIRED);
    }

    @Override
    public Step purge(int queueId, long through) {
        Step step = step(PostgresBulkStatements.PURGE, queueId, through, ROWS, PURGED);
        return step.more() ? step : step(PostgresBulkStatements.PURGE_LOCKED, queueId, through, 1, PURGED);
    }

    @Override
    public Step purgeDelayed(int queueId, long through) {
        return step(PostgresBulkStatements.PURGE_DELAYED, queueId, through, ROWS, PURGED);
    }

    @Override
    public Step moveDue(int queueId, Duration early) {
        return step(PostgresBulkStatements.MOVE_DUE, queueId, early.toMillis(), ROWS, BYTES);
    }

    @Override
    public Step forgetIds() {
        Step step = step(PostgresBulkStatements.FORGET_IDS, ROWS);
        return new Step(0, step.messages(), 0, step.last() > 0);
    }

    @Override
    public Map<String, Long> deadLetterPositions(int queueId, List<String> ids) {
        Map<String, Long> positions = new LinkedHashMap<>();
        jdbc.query(
                """
                select letter.id, letter.id_given, letter.position
                from unnest(?::text[]) as wanted (id)
                cross join lateral (
                    select id, id_given, position
                    from dead_letter
                    where queue_id = ? and id = any(array[wanted.id])
                    order by queue_id, id
                    offset 0) letter
                """,
                row -> {
                    note(positions, queueId, row);
                },
                ids.stream().distinct().toArray(String[]::new),
                queueId);
        return positions;
    }

    @Override
    public Step redriveFirst(int queueId, int most, Duration retention) {
        return step(
                PostgresDeadLetterStatements.REDRIVE_FIRST, queueId, Math.min(most, ROWS), BYTES, retention.toMillis());
    }

    @Override
    public Step redrive(int queueId, List<Long> positions, Duration retention) {
        return step(PostgresDeadLetterStatements.REDRIVE_BY_POSITION, array(positions), queueId, Long.MAX_VALUE,
                retention.toMillis());
    }

    @Override
    public Step deleteFirst(int queueId, int most) {
        return step(PostgresDeadLetterStatements.DELETE_FIRST, queueId, Math.min(most, ROWS), DELETED);
    }

    @Override
    public Step delete(int queueId, List<Long> positions) {
        return step(PostgresDeadLetterStatements.DELETE_BY_POSITION, array(positions), queueId, DELETED);
    }

    @Override
    public Step deleteOld(int queueId, Duration age) {
        return step(PostgresDeadLetterStatements.DELETE_OLD, queueId, age.toMillis(), ROWS, DELETED);
    }

    @Override
    public int sweep(String table, int queueId) {
        String sql = PostgresBulkStatements.SWEEP.formatted(table, table);
        int removed = jdbc.update(sql, queueId, ROWS);
        // a row that was being changed at that moment is missed
        return removed > 0 ? removed : jdbc.update(sql, queueId, ROWS);
    }

    private static long[] array(List<Long> positions) {
        return positions.stream().mapToLong(Long::longValue).sorted().toArray();
    }
}
