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
import dev.rowmq.store.sql.DeadMessage;
import dev.rowmq.store.sql.QueueCounters;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** What happens to messages by time alone, in sets, a short transaction for each. */
@Component
public class Upkeep {

    private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

    /** Moved this long before it is due, and hidden until then: so that it is there in time. */
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

    /** Rows in a set whose bodies are read. */
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

    /** Whether delayed messages are due: a cheap look before {@link #moveDue}. */
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

    /** Makes one set of the delayed messages that are due ready. */
    public ScanStep moveDue(int queueId) {
        return transactions.bulk(() -> {
            BulkStore.Step step = bulk.moveDue(queueId, EARLY);
            counters.add(new CounterDeltas().move(queueId, QueueCounter.DELAYED, QueueCounter.READY, step.messages()));
            return ScanStep.of(step);
        });
    }

    /**
     * Whether a lease behind that position ended without a word: a look before {@link #endLeases} and {@link
     * #buryUsedUp}.
     */
    public boolean anyEnded(int queueId, int priority, long behind, int maxDeliveries) {
        return SqlErrorTranslator.translating(() -> !jdbc.queryForList(
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
     * Makes one set of the messages behind that position ready again whose leases ended without a word. Their old
     * receipts still count until another receiver leases them.
     */
    public ScanStep endLeases(int queueId, int priority, long behind, int maxDeliveries) {
        return transactions.bulk(() -> {
            BulkStore.Step step = bulk.endLeases(leased(queueId, priority, behind), most(maxDeliveries));
            counters.add(
                    new CounterDeltas().move(queueId, QueueCounter.IN_FLIGHT, QueueCounter.READY, step.messages()));
            return ScanStep.of(step);
        });
    }

    /** Messages that were ever leased stand at or before the greatest position ever leased, so a walk ends there. */
    private BulkStore.Range leased(int queueId, int priority, long behind) {
        return new BulkStore.Range(queueId, priority, behind, counters.claimedTo(queueId));
    }

    /**
     * Makes dead letters of one set of the messages behind that position whose last allowed delivery ended without a
     * word.
     */
    public ScanStep buryUsedUp(int queueId, int priority, long behind, int maxDeliveries, DeadLetterTarget grave) {
        return transactions.bulk(() -> {
            BulkStore.Range range = leased(queueId, priority, behind);
            return switch (grave) {
                case DeadLetterTarget.OwnList own -> buried(queueId, bulk.buryUsedUp(range, maxDeliveries), false);
                case DeadLetterTarget.OtherQueue other -> buried(
                        range, USED_UP, maxDeliveries, DeadLetter.Reason.MAX_DELIVERIES, other);
            };
        });
    }

    private ScanStep buried(int queueId, BulkStore.Step step, boolean expired) {
        counters.add(new CounterDeltas()
                .add(queueId, QueueCounter.IN_FLIGHT, -step.leased())
                .add(queueId, QueueCounter.READY, -step.others())
                .add(queueId, QueueCounter.DEAD, step.messages())
                .add(queueId, QueueCounter.DEAD_LETTERED, step.messages())
                .add(queueId, QueueCounter.EXPIRED, expired ? step.messages() : 0));
        return ScanStep.of(step);
    }

    /** Into another queue, which gets them as messages of its own. */
    private ScanStep buried(
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
        List<DeadMessage> dead = deadLetterWriter.read(
                range.queueId(),
                // on H2 all that match would be locked; there one change is made after the other
                due + "fetch first " + fitting + " rows only"
                        + database.lockingClause(),
                parameters);
        CounterDeltas deltas = new CounterDeltas();
        deadLetterWriter.bury(dead, reason, Optional.empty(), other, deltas);
        counters.add(deltas);
        return new ScanStep(dead.size(), dead.isEmpty() ? 0 : dead.getLast().key().position(), !dead.isEmpty());
    }

    /**
     * A position behind the given one before which the level's first message stands directly; where there is none, the
     * last one ever leased.
     */
    public long head(int queueId, int priority, long behind) {
        return stretch(queueId, priority, behind, 1)
                .map(first -> first - 1)
                .orElseGet(() -> Math.max(behind, claimedTo(queueId)));
    }

    /** The greatest position ever leased of a queue: behind it no message is in flight. */
    public long claimedTo(int queueId) {
        return SqlErrorTranslator.translating(() -> counters.claimedTo(queueId));
    }

    /**
     * The end of the next part of a walk through one priority of a queue: the position of the row so many rows behind
     * the given one, or of the last one; empty when there are no more.
     */
    public Optional<Long> stretch(int queueId, int priority, long behind, int rows) {
        return SqlErrorTranslator.translating(() ->
                Optional.ofNullable(jdbc.queryForObject("""
                    select max(position)
                    from (
                        select position
                        from message
                        where queue_id = ? and priority = ? and position > ?
                        order by queue_id, priority, position
                        fetch first %d rows only) s
                    """.formatted(rows), Long.class, queueId, priority, behind)));
    }

    /** Makes dead letters of one set of expired messages in that stretch. */
    public ScanStep buryExpired(int queueId, int priority, long behind, long upTo, DeadLetterTarget grave) {
        return transactions.bulk(() -> {
            BulkStore.Range range = new BulkStore.Range(queueId, priority, behind, upTo);
            return switch (grave) {
                case DeadLetterTarget.OwnList own -> buried(queueId, bulk.buryExpired(range), true);
                case DeadLetterTarget.OtherQueue other -> buried(
                        range,
                        "expires_at <= ?",
                        jdbc.queryForObject("select clock_timestamp()", OffsetDateTime.class),
                        DeadLetter.Reason.EXPIRED,
                        other);
            };
        });
    }

    /** Forgets one set of the producers' ids whose time is over. Returns how many. */
    public int forgetIds() {
        return transactions.bulk(() -> bulk.forgetIds().messages());
    }

    /** Adds figures that were counted in memory. */
    public void count(Map<Integer, QueueCounts> figures) {
        CounterDeltas deltas = new CounterDeltas();
        figures.forEach((queueId, counts) -> {
            for (QueueCounter figure : QueueCounter.values()) {
                deltas.add(queueId, figure, counts.get(figure));
            }
        });
        transactions.write(() -> {
            counters.add(deltas);
            return null;
        });
    }

    /** Adds one set of the counts of writers that have ended to one row. Returns how many rows went. */
    public int foldCounters() {
        return transactions.write(counters::fold);
    }

    /**
     * Makes the space of removed rows usable again.
     *
     * @return the names of the tables that were vacuumed
     */
    public List<String> vacuum() {
        return database.vacuum();
    }
}
