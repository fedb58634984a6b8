package dev.rowmq.store;

import dev.rowmq.message.Figure;
import dev.rowmq.message.MessageKey;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Removes messages in sets, a short transaction for each. */
@Component
public class Removal {

    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    private final ProcessedIds processedIds;
    private final Counters counters;

    Removal(JdbcTemplate jdbc, Transactions transactions, ProcessedIds processedIds, Counters counters) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.processedIds = processedIds;
        this.counters = counters;
    }

    private record Row(MessageKey key, String id, boolean leased) {

        static Row read(int queueId, ResultSet row) throws SQLException {
            return new Row(
                    new MessageKey(queueId, row.getInt("priority"), row.getLong("position")),
                    row.getString("id"),
                    row.getInt("lease_state") > 0);
        }
    }

    /** The last position drawn so far: a purge takes no message behind it. */
    public long lastPosition() {
        return FailureTranslation.translating(
                () -> jdbc.queryForObject("select nextval('message_position')", Long.class));
    }

    /** Removes one set of the messages that stand at or before the position, in whatever state. Returns how many; 0 = none are left. */
    public int purge(int queueId, long upTo) {
        int now = transactions.write(() -> remove(
                Figure.PURGED,
                jdbc.query(
                        """
                        select priority, position, id, lease_state
                        from message
                        where queue_id = ? and position <= ?
                        order by queue_id, priority, position
                        fetch first 1000 rows only
                        for update
                        """,
                        (row, n) -> Row.read(queueId, row),
                        queueId,
                        upTo)));
        return now > 0 ? now : transactions.write(() -> removeDelayed(queueId, upTo));
    }

    /** Removes one set of expired messages among those whose positions lie in the range. */
    public int expire(int queueId, int priority, long behind, long upTo) {
        return transactions.write(() -> remove(
                Figure.EXPIRED,
                jdbc.query(
                        """
                        select priority, position, id, lease_state
                        from message
                        where queue_id = ? and priority = ? and position > ? and position <= ?
                            and expires_at <= clock_timestamp()
                            and visible_at <= clock_timestamp()
                        order by queue_id, priority, position
                        fetch first 1000 rows only
                        for update skip locked
                        """,
                        (row, n) -> Row.read(queueId, row),
                        queueId,
                        priority,
                        behind,
                        upTo)));
    }

    private int remove(Figure why, List<Row> rows) {
        if (rows.isEmpty()) {
            return 0;
        }
        Tally tally = new Tally();
        jdbc.batchUpdate(
                "delete from message where queue_id = ? and priority = ? and position = ?",
                rows,
                rows.size(),
                (statement, row) -> {
                    statement.setInt(1, row.key().queueId());
                    statement.setInt(2, row.key().priority());
                    statement.setLong(3, row.key().position());
                    tally.add(row.key().queueId(), row.leased() ? Figure.IN_FLIGHT : Figure.READY, -1)
                            .add(row.key().queueId(), why, 1);
                });
        forget(rows);
        counters.add(tally);
        return rows.size();
    }

    private int removeDelayed(int queueId, long upTo) {
        List<Row> rows = jdbc.query(
                """
                select priority, position, id, 0 as lease_state
                from delayed_message
                where queue_id = ? and position <= ?
                order by queue_id, due_at, position
                fetch first 1000 rows only
                for update
                """,
                (row, n) -> Row.read(queueId, row),
                queueId,
                upTo);
        if (rows.isEmpty()) {
            return 0;
        }
        jdbc.batchUpdate(
                "delete from delayed_message where position = ?",
                rows,
                rows.size(),
                (statement, row) -> statement.setLong(1, row.key().position()));
        forget(rows);
        counters.add(new Tally().add(queueId, Figure.DELAYED, -rows.size()).add(queueId, Figure.PURGED, rows.size()));
        return rows.size();
    }

    private void forget(List<Row> rows) {
        processedIds.release(rows.stream()
                .filter(row -> row.id() != null)
                .map(row -> new ProcessedIds.Given(row.id(), row.key()))
                .toList());
    }

    /**
     * Removes the rows of queues that were deleted over a minute ago, when no other instance works with old settings any more,
     * and at last the queues. Returns how many rows went.
     */
    public int sweepDeleted() {
        List<Integer> deleted = FailureTranslation.translating(() -> jdbc.queryForList(
                "select id from queue where deleted_at < clock_timestamp() - interval '1' minute", Integer.class));
        int removed = 0;
        for (int queueId : deleted) {
            for (String table : List.of("message", "delayed_message", "dead_letter", "processed_id", "queue_counter")) {
                removed += sweep(table, queueId);
            }
            transactions.write(() -> jdbc.update("delete from queue where id = ?", queueId));
        }
        return removed;
    }

    /** In sets, a transaction for each. */
    private int sweep(String table, int queueId) {
        String primaryKey = switch (table) {
            case "message" -> "queue_id, priority, position";
            case "delayed_message" -> "queue_id, due_at, position";
            case "dead_letter" -> "queue_id, position";
            case "processed_id" -> "queue_id, id";
            default -> "queue_id, writer";
        };
        String statement =
                """
                delete from %s
                where (%s) in (select %s from %s where queue_id = ? fetch first 5000 rows only)
                """
                        .formatted(table, primaryKey, primaryKey, table);
        int removed = 0;
        int set;
        do {
            set = transactions.write(() -> jdbc.update(statement, queueId));
            removed += set;
        } while (set > 0);
        return removed;
    }
}
