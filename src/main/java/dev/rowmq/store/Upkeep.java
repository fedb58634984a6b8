package dev.rowmq.store;

import dev.rowmq.message.Counts;
import dev.rowmq.message.DeadLetter;
import dev.rowmq.message.Figure;
import dev.rowmq.message.MessageKey;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** What happens to messages by time alone, in sets, a short transaction for each. */
@Component
public class Upkeep {

    private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

    /** Moved this long before it is due, and hidden until then: so that it is there in time. */
    private static final int EARLY_MILLIS = 300;

    private static final String LEASED = "lease_state > 0 and deliveries < ?";
    private static final String USED_UP = "deliveries >= ?";
    private static final String EITHER = "(lease_state > 0 or deliveries >= ?)";

    private static final String ENDED =
            """
            select position
            from message
            where queue_id = ? and priority = ? and position > ? and position <= ?
                and visible_at <= clock_timestamp()
                and %s
            order by queue_id, priority, position
            fetch first %d rows only
            """;

    private static final Duration LONGEST_COMPACTION = Duration.ofMillis(100);

    /** Rows in a set whose bodies are read. */
    private static final int BODIES = 10;

    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    private final Counters counters;
    private final Burial burial;
    private final Database database;
    private final Durability durability;
    private final Partitions partitions;
    /** Tables of which it was said that the role may not vacuum them. */
    private final Set<String> vacuumRefused = ConcurrentHashMap.newKeySet();

    Upkeep(
            JdbcTemplate jdbc,
            Transactions transactions,
            Counters counters,
            Burial burial,
            Database database,
            Durability durability,
            Partitions partitions) {
        this.partitions = partitions;
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.counters = counters;
        this.burial = burial;
        this.database = database;
        this.durability = durability;
    }

    /** Whether delayed messages are due: a cheap look before {@link #moveDue}. */
    public boolean anyDue(int queueId) {
        return FailureTranslation.translating(() -> !jdbc.queryForList(
                        """
                        select 1
                        from delayed_message
                        where queue_id = ? and due_at <= clock_timestamp() + cast(? as bigint) * interval '0.001' second
                        order by queue_id, due_at
                        fetch first 1 rows only
                        """,
                        Integer.class,
                        queueId,
                        EARLY_MILLIS)
                .isEmpty());
    }

    /** Makes one set of the delayed messages that are due ready. Returns how many. */
    public int moveDue(int queueId) {
        return transactions.write(() -> {
            List<Long> due = jdbc.queryForList(
                    """
                    select position
                    from delayed_message
                    where queue_id = ? and due_at <= clock_timestamp() + cast(? as bigint) * interval '0.001' second
                    order by queue_id, due_at, position
                    fetch first 1000 rows only
                    for update skip locked
                    """,
                    Long.class,
                    queueId,
                    EARLY_MILLIS);
            batch(
                    """
                    insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
                        body_kind, body, metadata, enqueued_at, expires_at, first_received_at, last_error)
                    select queue_id, priority, position, due_at, 0, 0, deliveries, id,
                        body_kind, body, metadata, enqueued_at, expires_at, first_received_at, last_error
                    from delayed_message
                    where position = ?
                    """,
                    due);
            batch("delete from delayed_message where position = ?", due);
            counters.add(new Tally().move(queueId, Figure.DELAYED, Figure.READY, due.size()));
            return due.size();
        });
    }

    private void batch(String sql, List<Long> positions) {
        if (!positions.isEmpty()) {
            jdbc.batchUpdate(sql, positions, positions.size(), (statement, position) -> statement.setLong(1, position));
        }
    }

    /** Whether a lease behind that position ended without a word: a look before {@link #endLeases} and {@link #buryUsedUp}. */
    public boolean anyEnded(int queueId, int priority, long behind, int maxDeliveries) {
        return FailureTranslation.translating(() -> !jdbc.queryForList(
                        ENDED.formatted(EITHER, 1),
                        Long.class,
                        queueId,
                        priority,
                        behind,
                        counters.claimedTo(queueId),
                        most(maxDeliveries))
                .isEmpty());
    }

    private static int most(int maxDeliveries) {
        return maxDeliveries == 0 ? Integer.MAX_VALUE : maxDeliveries;
    }

    /**
     * Makes one set of the messages behind that position ready again whose leases ended without a word. Their old receipts
     * still count until somebody else leases them. Returns how many.
     */
    public int endLeases(int queueId, int priority, long behind, int maxDeliveries) {
        return transactions.write(() -> {
            List<MessageKey> ended = ended(queueId, priority, behind, LEASED, most(maxDeliveries), 1000);
            if (!ended.isEmpty()) {
                jdbc.batchUpdate(
                        "update message set lease_state = 0 where queue_id = ? and priority = ? and position = ?",
                        ended,
                        ended.size(),
                        (statement, key) -> {
                            statement.setInt(1, key.queueId());
                            statement.setInt(2, key.priority());
                            statement.setLong(3, key.position());
                        });
            }
            counters.add(new Tally().move(queueId, Figure.IN_FLIGHT, Figure.READY, ended.size()));
            return ended.size();
        });
    }

    /** Makes dead letters of one set of the messages behind that position whose last allowed delivery ended without a word. Returns how many. */
    public int buryUsedUp(int queueId, int priority, long behind, int maxDeliveries, MessageStore.Grave grave) {
        return transactions.write(() -> {
            List<MessageKey> usedUp = ended(queueId, priority, behind, USED_UP, maxDeliveries, BODIES);
            Tally tally = new Tally();
            burial.bury(usedUp, DeadLetter.Reason.MAX_DELIVERIES, Optional.empty(), grave, tally);
            counters.add(tally);
            return usedUp.size();
        });
    }

    /** Messages that were ever leased stand at or before the greatest position ever leased, so the walk ends there. */
    private List<MessageKey> ended(
            int queueId, int priority, long behind, String condition, int maxDeliveries, int most) {
        return jdbc.query(
                ENDED.formatted(condition, most) + "for update skip locked",
                (row, n) -> new MessageKey(queueId, priority, row.getLong(1)),
                queueId,
                priority,
                behind,
                counters.claimedTo(queueId),
                maxDeliveries);
    }

    /** A position behind the given one before which the level's first message stands directly; where there is none, the last one ever leased. */
    public long head(int queueId, int priority, long behind) {
        return stretch(queueId, priority, behind, 1)
                .map(first -> first - 1)
                .orElseGet(() -> Math.max(behind, claimedTo(queueId)));
    }

    /** The greatest position ever leased of a queue: behind it no message is in flight. */
    public long claimedTo(int queueId) {
        return FailureTranslation.translating(() -> counters.claimedTo(queueId));
    }

    /**
     * The end of the next part of a walk through one priority of a queue: the position of the row so many rows behind the
     * given one, or of the last one; empty when there are no more.
     */
    public Optional<Long> stretch(int queueId, int priority, long behind, int rows) {
        return FailureTranslation.translating(() -> Optional.ofNullable(jdbc.queryForObject(
                """
                select max(position)
                from (
                    select position
                    from message
                    where queue_id = ? and priority = ? and position > ?
                    order by queue_id, priority, position
                    fetch first %d rows only) s
                """
                        .formatted(rows),
                Long.class,
                queueId,
                priority,
                behind)));
    }

    /** Makes dead letters of one set of expired messages in that stretch. Returns how many. */
    public int buryExpired(int queueId, int priority, long behind, long upTo, MessageStore.Grave grave) {
        return transactions.write(() -> {
            List<MessageKey> expired = jdbc.query(
                    """
                    select position
                    from message
                    where queue_id = ? and priority = ? and position > ? and position <= ?
                        and expires_at <= clock_timestamp()
                        and visible_at <= clock_timestamp()
                    order by queue_id, priority, position
                    fetch first 10 rows only
                    for update skip locked
                    """,
                    (row, n) -> new MessageKey(queueId, priority, row.getLong(1)),
                    queueId,
                    priority,
                    behind,
                    upTo);
            Tally tally = new Tally();
            burial.bury(expired, DeadLetter.Reason.EXPIRED, Optional.empty(), grave, tally);
            counters.add(tally);
            return expired.size();
        });
    }

    /** Forgets one set of the producers' ids whose time is over. Returns how many. */
    public int forgetIds() {
        return transactions.write(() -> {
            List<Object[]> over = jdbc.query(
                    """
                    select queue_id, id
                    from processed_id
                    where forget_at <= clock_timestamp()
                    order by forget_at
                    fetch first 1000 rows only
                    for update skip locked
                    """,
                    (row, n) -> new Object[] {row.getInt(1), row.getString(2)});
            if (!over.isEmpty()) {
                jdbc.batchUpdate("delete from processed_id where queue_id = ? and id = ?", over);
            }
            return over.size();
        });
    }

    /** Adds figures that were counted in memory. */
    public void count(Map<Integer, Counts> figures) {
        Tally tally = new Tally();
        figures.forEach((queueId, counts) -> {
            for (Figure figure : Figure.values()) {
                tally.add(queueId, figure, counts.get(figure));
            }
        });
        transactions.write(() -> {
            counters.add(tally);
            return null;
        });
    }

    /** Adds one set of the counts of writers that have ended to one row. Returns how many rows went. */
    public int foldCounters() {
        return transactions.write(counters::fold);
    }

    /**
     * Gives back the room of removed rows: on PostgreSQL a VACUUM of the hot tables, on H2 the file is compacted, a little at a
     * time. Not ANALYZE: statistics of a table that was empty for a moment would mislead the planner until the next one.
     *
     * @return the tables that were vacuumed
     */
    public List<String> vacuum() {
        List<String> done = new ArrayList<>();
        if (database == Database.H2) {
            durability.compact(LONGEST_COMPACTION);
        }
        if (database == Database.POSTGRESQL) {
            for (String table : List.of("message", "delayed_message", "queue_counter", "processed_id", "dead_letter")) {
                try {
                    if (jdbc.execute((ConnectionCallback<Boolean>) connection -> vacuum(connection, table))) {
                        done.add(table);
                    }
                } catch (DataAccessException busy) {
                    log.warn("table {} could not be vacuumed and will be again: {}", table, busy.getMessage());
                }
            }
        }
        return done;
    }

    /** A vacuum may take longer than any other statement may. */
    private boolean vacuum(Connection connection, String table) throws SQLException {
        int patience = connection.getNetworkTimeout();
        connection.setNetworkTimeout(Runnable::run, 0);
        try (Statement statement = connection.createStatement()) {
            if (partitions.pooler()) {
                // the session is another client's next: it keeps its own settings
                return vacuumed(statement, table);
            }
            statement.execute("set statement_timeout = 0");
            try {
                return vacuumed(statement, table);
            } finally {
                statement.execute("reset statement_timeout");
            }
        } finally {
            connection.setNetworkTimeout(Runnable::run, patience);
        }
    }

    /** PostgreSQL only warns when the role may not vacuum a table. */
    private boolean vacuumed(Statement statement, String table) throws SQLException {
        statement.clearWarnings();
        statement.execute("vacuum " + table);
        SQLWarning refused = statement.getWarnings();
        if (refused == null) {
            return true;
        }
        if (vacuumRefused.add(table)) {
            log.warn(
                    "table {} is not vacuumed: {}; autovacuum has to do it, or as its owner: grant maintain on {} to current role (PostgreSQL 17), or make the role its owner",
                    table,
                    refused.getMessage(),
                    table);
        }
        return false;
    }
}
