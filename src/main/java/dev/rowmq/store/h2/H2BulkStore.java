package dev.rowmq.store.h2;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.BulkStore;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * {@link BulkStore} on H2. The keys of a set are read in the order of the index. Then the rows are changed one by one
 * by their full keys, as H2 finds neither a list of positions nor a sub-select by an index. Sets are small, because the
 * process makes one change after the other, and sends to other queues wait for each. No rows are locked: H2 would lock
 * all rows that match, sort them, and apply the limit only after that.
 */
public final class H2BulkStore extends H2BulkRows {

    public H2BulkStore(JdbcTemplate jdbc, H2Durability durability) {
        super(jdbc, durability);
    }

    @Override
    public Step endLeases(Range range, int maxDeliveries) {
        List<Found> due = messages(range, "lease_state > 0 and deliveries < ?", maxDeliveries);
        byKey("update message set lease_state = 0 where queue_id = ? and priority = ? and position = ?", due);
        return step(due);
    }

    @Override
    public Step deadLetterUsedUp(Range range, int maxDeliveries) {
        return bury(messages(range, "deliveries >= ?", maxDeliveries), DeadLetter.Reason.MAX_DELIVERIES);
    }

    @Override
    public Step deadLetterExpiredMessages(Range range) {
        return bury(messages(range, "expires_at <= ?", now()), DeadLetter.Reason.EXPIRED);
    }

    private Step bury(List<Found> due, DeadLetter.Reason reason) {
        OffsetDateTime now = now();
        batch(
                """
                insert into dead_letter (queue_id, position, priority, id, id_given, reason, deliveries, body_kind,
                    body, metadata, enqueued_at, first_received_at, last_error, dead_at)
                select queue_id, position, priority, cast(? as varchar(100)), id is not null, cast(? as smallint),
                    deliveries, body_kind, body, metadata, enqueued_at, first_received_at, last_error,
                    cast(? as timestamp(6) with time zone)
                from message
                where queue_id = ? and priority = ? and position = ?
                """,
                due,
                (statement, row) -> {
                    statement.setString(1, Optional.ofNullable(row.id()).orElseGet(() -> GeneratedId.of(row.key())));
                    statement.setInt(2, reason.ordinal());
                    statement.setObject(3, now);
                    statement.setInt(4, row.key().queueId());
                    statement.setInt(5, row.key().priority());
                    statement.setLong(6, row.key().position());
                });
        removeMessages(due);
        return step(due);
    }

    @Override
    public Step expire(Range range) {
        List<Found> due = messages(range, "expires_at <= ?", now());
        removeMessages(due);
        endIds(range.queueId(), due, EXPIRED);
        return step(due);
    }

    @Override
    public Step expire(int queueId, List<MessageKey> keys) {
        List<Found> due = new ArrayList<>();
        OffsetDateTime now = now();
        for (MessageKey key : keys) {
            due.addAll(jdbc.query(
                    """
                    select priority, position, id, lease_state
                    from message
                    where queue_id = ? and priority = ? and position = ? and expires_at <= ? and visible_at <= ?
                    """,
                    (row, n) -> found(queueId, row),
                    queueId, key.priority(), key.position(), now, now));
        }
        removeMessages(due);
        endIds(queueId, due, EXPIRED);
        return step(due);
    }

    @Override
    public Step purge(int queueId, long through) {
        List<Found> due = jdbc.query(
                """
                select priority, position, id, lease_state
                from message
                where queue_id = ? and position <= ?
                order by queue_id, priority, position
                fetch first %d rows only
                """
                        .formatted(SET),
                (row, n) -> found(queueId, row),
                queueId,
                through);
        removeMessages(due);
        endIds(queueId, due, PURGED);
        return step(due);
    }

    @Override
    public Step purgeDelayed(int queueId, long through) {
        List<Found> due = delayed(
                """
                select position, id, due_at, 0 as size
                from delayed_message
                where queue_id = ? and position <= ?
                order by queue_id, due_at, position
                fetch first %d rows only
                """
                        .formatted(SET),
                queueId,
                queueId,
                through);
        byDueTime("delete from delayed_message where queue_id = ? and due_at = ? and position = ?", due);
        endIds(queueId, due, PURGED);
        return step(due);
    }

    @Override
    public Step moveDue(int queueId, Duration early) {
        List<Found> due = delayed(
                """
                select position, id, due_at, octet_length(body) as size
                from delayed_message
                where queue_id = ? and due_at <= ?
                order by queue_id, due_at, position
                fetch first %d rows only
                """
                        .formatted(SET),
                queueId,
                queueId,
                now().plus(early));
        byDueTime(
                """
                insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
                    body_kind, body, metadata, enqueued_at, expires_at, first_received_at, last_error)
                select queue_id, priority, position, due_at, 0, 0, deliveries, id,
                    body_kind, body, metadata, enqueued_at, expires_at, first_received_at, last_error
                from delayed_message
                where queue_id = ? and due_at = ? and position = ?
                """,
                due);
        byDueTime("delete from delayed_message where queue_id = ? and due_at = ? and position = ?", due);
        return step(due);
    }

    @Override
    public Step forgetIds() {
        List<Object[]> over = jdbc.query(
                """
                select queue_id, id
                from processed_id
                where forget_at > ? and forget_at <= ?
                order by forget_at
                fetch first %d rows only
                """
                        .formatted(SET),
                (row, n) -> new Object[] {row.getInt(1), row.getString(2)},
                // nulls come first in the index and belong to ids that are still in use
                EARLIEST,
                now());
        if (!over.isEmpty()) {
            jdbc.batchUpdate("delete from processed_id where queue_id = ? and id = ?", over);
        }
        return new Step(0, over.size(), 0, !over.isEmpty());
    }

    @Override
    public Map<String, Long> deadLetterPositions(int queueId, List<String> ids) {
        Map<String, Long> positions = new LinkedHashMap<>();
        for (String id : ids) {
            jdbc.query(
                    "select id, id_given, position from dead_letter where queue_id = ? and id = ?",
                    row -> {
                        note(positions, queueId, row);
                    },
                    queueId,
                    id);
        }
        return positions;
    }

    private List<Found> letters(int queueId, String condition, String order, int most, Object... parameters) {
        return bounded(
                """
                select priority, position, case when id_given then id end as id, 0 as lease_state,
                    octet_length(body) as size
                from dead_letter
                where queue_id = ? and %s
                order by %s
                fetch first %d rows only
                """
                        .formatted(condition, order, Math.min(most, SET)),
                row -> found(queueId, row),
                concat(new Object[] {queueId}, parameters));
    }

    private List<Found> letters(int queueId, List<Long> positions) {
        List<Found> found = new ArrayList<>();
        for (long position : positions) {
            found.addAll(letters(queueId, "position = ?", "queue_id, position", 1, position));
        }
        return found;
    }

    private List<Found> first(int queueId, int most) {
        return letters(queueId, "position > 0", "queue_id, position", most);
    }

    private void byPosition(String sql, List<Found> rows, Map<Integer, Object> before) {
        batch(sql, rows, (statement, row) -> {
            for (Map.Entry<Integer, Object> one : before.entrySet()) {
                statement.setObject(one.getKey(), one.getValue());
            }
            statement.setInt(before.size() + 1, row.key().queueId());
            statement.setLong(before.size() + 2, row.key().position());
        });
    }

    private Step redrive(List<Found> letters, Duration retention) {
        OffsetDateTime now = now();
        byPosition(
                """
                insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
                    body_kind, body, metadata, enqueued_at, expires_at)
                select queue_id, priority, position, cast(? as timestamp(6) with time zone), 0, 0, 0,
                    case when id_given then id end, body_kind, body, metadata, enqueued_at,
                    cast(? as timestamp(6) with time zone)
                from dead_letter
                where queue_id = ? and position = ?
                """,
                letters,
                Map.of(1, now, 2, now.plus(retention)));
        byPosition("delete from dead_letter where queue_id = ? and position = ?", letters, Map.of());
        return step(letters);
    }

    @Override
    public Step redriveFirst(int queueId, int most, Duration retention) {
        return redrive(first(queueId, most), retention);
    }

    @Override
    public Step redrive(int queueId, List<Long> positions, Duration retention) {
        return redrive(letters(queueId, positions), retention);
    }

    private Step delete(int queueId, List<Found> letters, int ended) {
        byPosition("delete from dead_letter where queue_id = ? and position = ?", letters, Map.of());
        endIds(queueId, letters, ended);
        return step(letters);
    }

    @Override
    public Step deleteFirst(int queueId, int most) {
        return delete(queueId, first(queueId, most), DELETED);
    }

    @Override
    public Step delete(int queueId, List<Long> positions) {
        return delete(queueId, letters(queueId, positions), DELETED);
    }

    @Override
    public Step deleteOld(int queueId, Duration age) {
        OffsetDateTime before = now().minus(age);
        return delete(queueId, letters(queueId, "dead_at between ? and ?", "queue_id, dead_at", SET, EARLIEST, before),
                DELETED);
    }

    @Override
    public int sweep(String table, int queueId) {
        return jdbc.update("delete from %s where queue_id = ? fetch first %d rows only".formatted(table, SET), queueId);
    }
}
