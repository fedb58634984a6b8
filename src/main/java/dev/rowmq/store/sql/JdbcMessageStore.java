package dev.rowmq.store.sql;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.EndReason;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;

/** The parts of the hot path that H2 and PostgreSQL share: duplicate ids, capacity, and settling one kind at a time. */
public abstract class JdbcMessageStore implements MessageStore {

    /** Milliseconds. A message due later than this from now waits in {@code delayed_message}. */
    public static final long NEAR_MILLIS = 1_000;

    /**
     * Maximum bytes of bodies that the claims of one group read into memory together; a first message may exceed it.
     */
    public static final long MAX_BYTES = 32L * 1024 * 1024;

    /**
     * The condition for messages of a level that a claim may lease. Parameters: queue, priority, the position after
     * which to begin, maximum deliveries (exclusive).
     */
    public static final String CLAIMABLE = """
        queue_id = ? and priority = ? and position > ?
                and visible_at <= clock_timestamp()
                and expires_at > clock_timestamp()
                and deliveries < ?\
        """;

    private static final String TAKE_BACK = """
        update message
        set visible_at = clock_timestamp(),
            lease_state = 0,
            lease_token = 0,
            deliveries = deliveries - 1,
            leased_at = case when deliveries > 1 then leased_at end,
            first_received_at = case when deliveries > 1 then first_received_at end
        where queue_id = ? and priority = ? and position = ? and lease_token = ? and lease_state > 0
        """;

    public static final Body.Kind[] KINDS = Body.Kind.values();

    protected final JdbcTemplate jdbc;
    protected final MetadataJson metadata;
    protected final Transactions transactions;
    protected final QueueCounters counters;
    private final DeadLetterWriter deadLetterWriter;
    private final ProcessedIds processedIds;

    protected JdbcMessageStore(
            JdbcTemplate jdbc,
            MetadataJson metadata,
            Transactions transactions,
            QueueCounters counters,
            DeadLetterWriter deadLetterWriter,
            ProcessedIds processedIds) {
        this.jdbc = jdbc;
        this.metadata = metadata;
        this.transactions = transactions;
        this.counters = counters;
        this.deadLetterWriter = deadLetterWriter;
        this.processedIds = processedIds;
    }

    /**
     * Stores the rows with the indexes in {@code open}. The result stays null where the id is in use already, stands
     * twice in the group, or the queue is gone.
     *
     * @param deltas receives the counter changes that the statements did not make themselves
     */
    protected abstract void insert(
            List<MessageRow> rows, List<Integer> open, SendOutcome[] results, CounterDeltas deltas);

    /** Whether {@link #resolve} has work to do: a row has no result, or its id was in use, which is to be counted. */
    protected static boolean unresolved(SendOutcome[] results) {
        return Arrays.stream(results).anyMatch(result -> result == null || result instanceof SendOutcome.Duplicate);
    }

    /** Completes the results of the rows that {@link #insert} left without one, and counts duplicates. */
    protected final void resolve(List<MessageRow> rows, SendOutcome[] results, CounterDeltas deltas) {
        lookUpKnown(rows, results);
        // an id found in use by the first insert may have been removed since
        insert(rows, open(results), results, deltas);
        for (int i : open(results)) {
            results[i] = new SendOutcome.QueueGone();
        }
        for (int i = 0; i < results.length; i++) {
            if (results[i] instanceof SendOutcome.Duplicate known && known.repeats(rows.get(i))) {
                deltas.add(rows.get(i).queueId(), QueueCounter.DUPLICATES, 1);
            }
        }
    }

    protected static List<Integer> open(SendOutcome[] results) {
        List<Integer> open = new ArrayList<>(results.length);
        for (int i = 0; i < results.length; i++) {
            if (results[i] == null) {
                open.add(i);
            }
        }
        return open;
    }

    /** Sets the result of rows whose queues are full. A row with an id in use gets that result instead. */
    protected final void refuseOverCapacity(List<MessageRow> rows, SendOutcome[] results) {
        Map<Integer, Long> held = new HashMap<>();
        for (int i = 0; i < results.length; i++) {
            MessageRow row = rows.get(i);
            if (row.capacity() == 0) {
                continue;
            }
            results[i] = row.recordedId().isPresent() ? known(row) : null;
            if (results[i] == null) {
                long before = held.computeIfAbsent(row.queueId(), id -> counters.of(id).held());
                if (before < row.capacity()) {
                    held.put(row.queueId(), before + 1);
                } else {
                    results[i] = new SendOutcome.QueueFull(before);
                }
            }
        }
    }

    @Override
    public final Optional<SendOutcome> find(MessageRow row) {
        return Optional.ofNullable(SqlErrorTranslator.translating(() -> known(row)));
    }

    private void lookUpKnown(List<MessageRow> rows, SendOutcome[] results) {
        for (int i : open(results)) {
            if (rows.get(i).recordedId().isPresent()) {
                results[i] = known(rows.get(i));
            }
        }
    }

    /** The recorded message with the id of the row; null when there is none. */
    private SendOutcome known(MessageRow row) {
        return jdbc.query(
                """
                select priority, position, body_hash, enqueued_at, visible_at, ended
                from processed_id
                where queue_id = ? and id = ?
                """,
                found -> found.next()
                        ? new SendOutcome.Duplicate(
                                new MessageKey(row.queueId(), found.getInt(1), found.getLong(2)),
                                found.getBytes(3),
                                instant(found, 4),
                                instant(found, 5),
                                EndReason.of(found.getInt(6)))
                        : null,
                row.queueId(),
                row.recordedId().orElseThrow());
    }

    public static int mostDeliveries(ClaimRequest claim) {
        int most = claim.settings().maxDeliveries();
        return most == 0 ? Integer.MAX_VALUE : most;
    }

    @Override
    public List<SettleOutcome> settle(List<Settlement> settlements) {
        return transactions.inTransaction(() -> {
            Map<Settlement, SettleOutcome> done = new HashMap<>();
            CounterDeltas deltas = new CounterDeltas();
            SettlementGroups.of(settlements).forEach(group -> settle(group, done, deltas));
            List<SettleOutcome> results = new ArrayList<>();
            for (Settlement settlement : settlements) {
                SettleOutcome result = done.get(settlement);
                results.add(result != null ? result : missing(settlement.key()));
            }
            counters.add(deltas);
            return results;
        });
    }

    private void settle(List<Settlement> group, Map<Settlement, SettleOutcome> done, CounterDeltas deltas) {
        switch (group.getFirst()) {
            case Settlement.Ack ack -> ack(ack, group, done, deltas);
            case Settlement.AckAndRecord ackAndRecord -> {
                ack(new Settlement.Ack(ackAndRecord.key(), 0, ackAndRecord.processedRetention()), group, done, deltas);
                processedIds.record(group.stream().map(Settlement.AckAndRecord.class::cast).toList());
            }
            case Settlement.Nack nack -> nack(nack, group, done, deltas);
            case Settlement.TakeBack back -> takeBack(group, done, deltas);
            case Settlement.Extend extend -> extend(extend, group, done, deltas);
            case Settlement.ToDeadLetters deadLetter -> {
                List<Settlement> held = held(group);
                deadLetterWriter.deadLetterByKey(
                        held.stream().map(Settlement::key).toList(),
                        deadLetter.reason(),
                        deadLetter.error(),
                        deadLetter.target(),
                        deltas);
                held.forEach(settlement -> done.put(settlement, new SettleOutcome.Done(Optional.empty())));
            }
            case Settlement.Move move -> {
                List<Settlement> held = held(group);
                boolean moved = deadLetterWriter.move(
                        held.stream().map(Settlement::key).toList(), move.target(), deltas);
                held.forEach(settlement -> done.put(
                        settlement,
                        moved ? new SettleOutcome.Done(Optional.empty()) : new SettleOutcome.Unsettled(false)));
            }
        }
    }

    /**
     * Settles the messages whose lease token is still that of their settlement, even after the lease has expired.
     *
     * @param kind the fields that all settlements of the group share; position and token differ
     * @param done receives the outcome of each message that was settled
     */
    protected abstract void ack(
            Settlement.Ack kind, List<Settlement> group, Map<Settlement, SettleOutcome> done, CounterDeltas deltas);

    protected abstract void nack(
            Settlement.Nack kind, List<Settlement> group, Map<Settlement, SettleOutcome> done, CounterDeltas deltas);

    protected abstract void extend(
            Settlement.Extend kind, List<Settlement> group, Map<Settlement, SettleOutcome> done, CounterDeltas deltas);

    /**
     * Needs no fast path: it happens only when a client disconnects at the very moment at which its messages arrive.
     */
    private void takeBack(List<Settlement> group, Map<Settlement, SettleOutcome> done, CounterDeltas deltas) {
        for (Settlement settlement : held(group)) {
            MessageKey key = settlement.key();
            if (jdbc.update(TAKE_BACK, key.queueId(), key.priority(), key.position(), settlement.token()) > 0) {
                done.put(settlement, new SettleOutcome.Done(Optional.empty()));
                deltas.move(key.queueId(), QueueCounter.IN_FLIGHT, QueueCounter.READY, 1);
            }
        }
    }

    /** Locks the messages of the group and returns the settlements whose token is still the lease token. */
    private List<Settlement> held(List<Settlement> group) {
        List<Settlement> held = new ArrayList<>();
        for (Settlement settlement : group) {
            MessageKey key = settlement.key();
            List<Long> found = jdbc.queryForList(
                    """
                    select position
                    from message
                    where queue_id = ? and priority = ? and position = ? and lease_token = ?
                    for update
                    """, Long.class, key.queueId(), key.priority(), key.position(), settlement.token());
            if (!found.isEmpty()) {
                held.add(settlement);
            }
        }
        return held;
    }

    protected final SettleOutcome missing(MessageKey key) {
        Long there =
                jdbc.queryForObject("""
                    select (select count(*) from message where queue_id = ? and priority = ? and position = ?)
                        + (select count(*) from delayed_message where position = ?)
                    """, Long.class, key.queueId(), key.priority(), key.position(), key.position());
        return there == null || there == 0 ? new SettleOutcome.Gone() : new SettleOutcome.Stale();
    }

    public static Instant instant(ResultSet row, int column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
