package dev.rowmq.store.h2;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.BulkStore;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.ParameterizedPreparedStatementSetter;

/** Reads the rows of a set on H2, and changes them by their keys in batches. */
abstract class H2BulkRows extends BulkStore {

    static final int SET = 250;
    /** Maximum bytes of bodies in a set: writing more would delay other changes for too long. */
    static final long SET_BYTES = 4L * 1024 * 1024;

    static final OffsetDateTime EARLIEST = Instant.EPOCH.atOffset(ZoneOffset.UTC);

    final JdbcTemplate jdbc;
    final H2Durability durability;

    H2BulkRows(JdbcTemplate jdbc, H2Durability durability) {
        this.jdbc = jdbc;
        this.durability = durability;
    }

    /**
     * A row of a set.
     *
     * @param id    null unless a producer gave one
     * @param dueAt null unless the message is delayed
     */
    record Found(MessageKey key, String id, boolean leased, OffsetDateTime dueAt) {}

    OffsetDateTime now() {
        return jdbc.queryForObject("select clock_timestamp()", OffsetDateTime.class);
    }

    List<Found> messages(Range range, String condition, Object... more) {
        return bounded(
                """
                select priority, position, id, lease_state, octet_length(body) as size
                from message
                where queue_id = ? and priority = ? and position > ? and position <= ?
                    and visible_at <= ? and %s
                order by queue_id, priority, position
                fetch first %d rows only
                """
                        .formatted(condition, SET),
                row -> found(range.queueId(), row),
                concat(new Object[] {range.queueId(), range.priority(), range.after(), range.through(), now()}, more));
    }

    static Object[] concat(Object[] first, Object[] more) {
        Object[] all = java.util.Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return all;
    }

    interface RowReader {

        Found read(ResultSet row) throws SQLException;
    }

    /**
     * Returns as many of the rows as fit into {@link #SET_BYTES}, the heap and the disk, but at least one, if any.
     *
     * @param sql with a column {@code size}, the bytes of the body in the row
     */
    List<Found> bounded(String sql, RowReader reader, Object... parameters) {
        long most = Math.min(SET_BYTES, durability.maxRewriteBytes());
        long[] bytes = {0};
        return jdbc.query(
                sql,
                rows -> {
                    List<Found> found = new ArrayList<>();
                    while (rows.next()) {
                        bytes[0] += rows.getLong("size");
                        if (bytes[0] > most && !found.isEmpty()) {
                            break;
                        }
                        found.add(reader.read(rows));
                    }
                    return found;
                },
                parameters);
    }

    static Found found(int queueId, ResultSet row) throws SQLException {
        return new Found(
                new MessageKey(queueId, row.getInt("priority"), row.getLong("position")),
                row.getString("id"),
                row.getInt("lease_state") > 0,
                null);
    }

    static Step step(List<Found> found) {
        int leased = (int) found.stream().filter(Found::leased).count();
        return found.isEmpty()
                ? Step.NOTHING
                : new Step(leased, found.size() - leased, found.getLast().key().position(), true);
    }

    <T> void batch(String sql, List<T> rows, ParameterizedPreparedStatementSetter<T> setter) {
        if (!rows.isEmpty()) {
            jdbc.batchUpdate(sql, rows, rows.size(), setter);
        }
    }

    void byKey(String sql, List<Found> rows) {
        batch(sql, rows, (statement, row) -> {
            statement.setInt(1, row.key().queueId());
            statement.setInt(2, row.key().priority());
            statement.setLong(3, row.key().position());
        });
    }

    void removeMessages(List<Found> rows) {
        byKey("delete from message where queue_id = ? and priority = ? and position = ?", rows);
    }

    void endIds(int queueId, List<Found> rows, int ended) {
        List<Found> given = rows.stream().filter(row -> row.id() != null).toList();
        if (given.isEmpty()) {
            return;
        }
        List<Long> retention =
                jdbc.queryForList("select processed_retention_ms from queue where id = ?", Long.class, queueId);
        OffsetDateTime forgetAt = now().plus(Duration.ofMillis(retention.isEmpty() ? 0 : retention.getFirst()));
        batch(
                "update processed_id set forget_at = ?, ended = ? where queue_id = ? and id = ? and position = ?",
                given,
                (statement, row) -> {
                    statement.setObject(1, forgetAt);
                    statement.setInt(2, ended);
                    statement.setInt(3, queueId);
                    statement.setString(4, row.id());
                    statement.setLong(5, row.key().position());
                });
    }

    List<Found> delayed(String sql, int queueId, Object... parameters) {
        return bounded(
                sql,
                row -> new Found(
                        new MessageKey(queueId, 0, row.getLong("position")),
                        row.getString("id"),
                        false,
                        row.getObject("due_at", OffsetDateTime.class)),
                parameters);
    }

    void byDueTime(String sql, List<Found> rows) {
        batch(sql, rows, (statement, row) -> {
            statement.setInt(1, row.key().queueId());
            statement.setObject(2, row.dueAt());
            statement.setLong(3, row.key().position());
        });
    }
}
