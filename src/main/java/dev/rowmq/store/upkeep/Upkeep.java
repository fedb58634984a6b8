package dev.rowmq.store.upkeep;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.store.BulkStore;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.ScanStep;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.DeadLetterWriter;
import dev.rowmq.store.sql.StoredMessage;
import dev.rowmq.store.sql.QueueCounters;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Time-driven changes of messages, in sets, each in a short transaction. */
@Component
public class Upkeep {

    private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

    /**
     * A delayed message is moved this long before it is due, and stays hidden until then, so that it is available in
     * time.
     */
    private static final Duration EARLY = Duration.ofMillis(300);

    private static final String USED_UP = "deliveries >= ?";
    private static final String EITHER = "(lease_state > 0 or deliveries >= ?)";

    private static final String ENDED = """
        select position
        from message
        where queue_id = ? and priority = ? and position > ? and position <= ?
            and visible_at <= clock_timestamp()
            and %s
        order by queue_id, priority, position
        fetch first %d rows only
        """;

    /** Maximum rows in a set whose bodies are read. */
    private static final int BODIES = 200;

    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    private final QueueCounters counters;
    private final DeadLetterWriter deadLetterWriter;
    private final BulkStore bulk;
    private final DatabaseSupport database;

    Upkeep(
            JdbcTemplate jdbc,
            Transactions transactions,
            QueueCounters counters,
            DeadLetterWriter deadLetterWriter,
            BulkStore bulk,
            DatabaseSupport database) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.counters = counters;
        this.deadLetterWriter = deadLetterWriter;
        this.bulk = bulk;
        this.database = database;
    }

    /** Whether delayed messages are due: a cheap check before {@link #moveDue}. */
    public boolean anyDue(int queueId) {
        return SqlErrorTranslator.translating(() -> !jdbc.queryForList("""
            select 1
            from delayed_message
            where queue_id = ?
                and due_at <= (select clock_timestamp()) + cast(? as bigint) * interval '0.001' second
            order by queue_id, due_at
            fetch first 1 rows only
            """, Integer.class, queueId, EARLY.toMillis())
                .isEmpty());
    }

    /** Makes one set of the due delayed messages ready. */
    public ScanStep moveDue(int queueId) {
        return transactions.bulk(() -> {
            BulkStore.Step step = bulk.moveDue(queueId, EARLY);
            counters.add(new CounterDeltas().move(queueId, QueueCounter.DELAYED, QueueCounter.READY, step.messages()));
            return ScanStep.of(step);
        });
    }

    /**
     * Whether a lease after the position ended without a settlement: a check before {@link #endLeases} and
     * {@link #deadLetterUsedUp}.
     */
    public boolean anyEnded(int queueId, int priority, long after, int maxDeliveries) {
        return SqlErrorTranslator.translating(() -> !jdbc.queryForList(
                        ENDED.formatted(EITHER, 1),
                        Long.class,
                        queueId,
                        priority,
                        after,
                        counters.claimedTo(queueId),
                        most(maxDeliveries))
                .isEmpty());
    }

    private static int most(int maxDeliveries) {
        return maxDeliveries == 0 ? Integer.MAX_VALUE : maxDeliveries;
    }

    /**
     * Makes one set of the messages after the position ready again whose leases ended without a settlement. Their old
     * receipts still count until another receiver leases the messages.
     */
    public ScanStep endLeases(int queueId, int priority, long after, int maxDeliveries) {
        return transactions.bulk(() -> {
            BulkStore.Step step = bulk.endLeases(leased(queueId, priority, after), most(maxDeliveries));
            counters.add(
                    new CounterDeltas().move(queueId, QueueCounter.IN_FLIGHT, QueueCounter.READY, step.messages()));
            return ScanStep.of(step);
        });
    }

    /**
     * The messages that were ever leased have positions through the greatest position ever leased, so a scan ends
     * there.
     */
    private BulkStore.Range leased(int queueId, int priority, long after) {
        return new BulkStore.Range(queueId, priority, after, counters.claimedTo(queueId));
    }

    /**
     * Makes dead letters of one set of the messages after the position whose last allowed delivery ended without a
     * settlement.
     */
    public ScanStep deadLetterUsedUp(
            int queueId, int priority, long after, int maxDeliveries, DeadLetterTarget target) {
        return transactions.bulk(() -> {
            BulkStore.Range range = leased(queueId, priority, after);
            return switch (target) {
                case DeadLetterTarget.OwnList own ->
                    deadLettered(queueId, bulk.deadLetterUsedUp(range, maxDeliveries), false);
                case DeadLetterTarget.OtherQueue other ->
                    deadLettered(range, USED_UP, maxDeliveries, DeadLetter.Reason.MAX_DELIVERIES, other);
            };
        });
    }

    private ScanStep deadLettered(int queueId, BulkStore.Step step, boolean expired) {
        counters.add(new CounterDeltas()
                .add(queueId, QueueCounter.IN_FLIGHT, -step.leased())
                .add(queueId, QueueCounter.READY, -step.others())
                .add(queueId, QueueCounter.DEAD, step.messages())
                .add(queueId, QueueCounter.DEAD_LETTERED, step.messages())
                .add(queueId, QueueCounter.EXPIRED, expired ? step.messages() : 0));
        return ScanStep.of(step);
    }

    /** Moves dead letters into another queue, which stores them as messages of its own. */
    private ScanStep deadLettered(
            BulkStore.Range range, String condition, Object parameter, DeadLetter.Reason reason,
            DeadLetterTarget.OtherQueue other) {
        String due = """
            from message
            where queue_id = ? and priority = ? and position > ? and position <= ?
                and visible_at <= clock_timestamp()
                and %s
            order by queue_id, priority, position
            """.formatted(condition);
        Object[] parameters = {range.queueId(), range.priority(), range.after(), range.through(), parameter};
        List<Long> sizes = jdbc.queryForList("select octet_length(body) " + due + "fetch first " + BODIES
                + " rows only", Long.class, parameters);
        long most = Math.min(BulkStore.BYTES, database.durability().maxRewriteBytes());
        int fitting = 0;
        for (long bytes = 0; fitting < sizes.size()
                && (fitting == 0 || bytes + sizes.get(fitting) <= most); fitting++) {
            bytes += sizes.get(fitting);
        }
        if (fitting == 0) {
            return new ScanStep(0, 0, false);
        }
        List<StoredMessage> dead = deadLetterWriter.read(
                range.queueId(),
                // on H2 a locking clause would lock all matching rows; there changes run one after the other
                due + "fetch first " + fitting + " rows only"
                        + database.lockingClause(),
                parameters);
        CounterDeltas deltas = new CounterDeltas();
        deadLetterWriter.deadLetter(dead, reason, Optional.empty(), other, deltas);
        counters.add(deltas);
        return new ScanStep(dead.size(), dead.isEmpty() ? 0 : dead.getLast().key().position(), !dead.isEmpty());
    }

    /**
     * Returns the position directly before the level's first message after {@code after}; when there is none, the
     * greatest position ever leased, at least {@code after}.
     */
    public long head(int queueId, int priority, long after) {
        return stretch(queueId, priority, after, 1)
                .map(first -> first - 1)
                .orElseGet(() -> Math.max(after, claimedTo(queueId)));
    }

    /** The greatest position of a queue that was ever leased. No message after it is in flight. */
    public long claimedTo(int queueId) {
        return SqlErrorTranslator.translating(() -> counters.claimedTo(queueId));
    }

    /**
     * Returns the end of the next part of a scan through one priority of a queue: the position of the last of the next
     * {@code rows} rows after {@code after}; empty when there are none.
     */
    public Optional<Long> stretch(int queueId, int priority, long after, int rows) {
        return SqlErrorTranslator.translating(() ->
                Optional.ofNullable(jdbc.queryForObject("""
                    select max(position)
                    from (
                        select position
                        from message
                        where queue_id = ? and priority = ? and position > ?
                        order by queue_id, priority, position
                        fetch first %d rows only) s
                    """.formatted(rows), Long.class, queueId, priority, after)));
    }

    /** Makes dead letters of one set of expired messages with positions after {@code after} through {@code upTo}. */
    public ScanStep deadLetterExpiredMessages(
            int queueId, int priority, long after, long upTo, DeadLetterTarget target) {
        return transactions.bulk(() -> {
            BulkStore.Range range = new BulkStore.Range(queueId, priority, after, upTo);
            return switch (target) {
                case DeadLetterTarget.OwnList own -> deadLettered(queueId, bulk.deadLetterExpiredMessages(range), true);
                case DeadLetterTarget.OtherQueue other -> deadLettered(
                        range,
                        "expires_at <= ?",
                        jdbc.queryForObject("select clock_timestamp()", OffsetDateTime.class),
                        DeadLetter.Reason.EXPIRED,
                        other);
            };
        });
    }

    /** Removes one set of the producers' ids whose retention is over. Returns the number removed. */
    public int forgetIds() {
        return transactions.bulk(() -> bulk.forgetIds().messages());
    }

    /** Adds counts that were collected in memory. */
    public void count(Map<Integer, QueueCounts> figures) {
        CounterDeltas deltas = new CounterDeltas();
        figures.forEach((queueId, counts) -> {
            for (QueueCounter figure : QueueCounter.values()) {
                deltas.add(queueId, figure, counts.get(figure));
            }
        });
        transactions.inTransaction(() -> {
            counters.add(deltas);
            return null;
        });
    }

    /** Adds the counts of one set of ended writers to one row. Returns the number of rows removed. */
    public int foldCounters() {
        return transactions.inTransaction(counters::fold);
    }

    /**
     * Makes the space of removed rows usable again.
     *
     * @return the names of the tables that were vacuumed
     */
    public List<String> vacuum() {
        return database.vacuum();
    }

    /**
     * Writes a consistent copy of the current partition's files while they are in use.
     *
     * @param file the file to write; it must not exist
     * @return false when the database has means of its own for that
     */
    public boolean backUp(Path file) {
        return SqlErrorTranslator.translating(() -> database.backUp(file));
    }

    /** Name and version of the database product. */
    public String product() {
        return SqlErrorTranslator.translating(() -> jdbc.execute((ConnectionCallback<String>) connection ->
                connection.getMetaData().getDatabaseProductName() + " "
                        + connection.getMetaData().getDatabaseProductVersion()));
    }
}
