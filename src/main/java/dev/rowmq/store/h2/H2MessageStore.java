package dev.rowmq.store.h2;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.DeadLetterWriter;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.ProcessedIds;
import dev.rowmq.store.sql.QueueCounters;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The hot path on H2. The process is alone on its file, and changes are made one after the other (see {@link
 * H2Durability}). Therefore rows are read and then changed by their full key in a batch: there is no network round trip
 * to save, and H2 has no RETURNING.
 */
public final class H2MessageStore extends JdbcMessageStore {

    /** Maximum distance of two positions that one select reads together; a greater distance begins another select. */
    private static final int READ_BETWEEN = 8;

    private final H2Durability durability;
    private final H2Claims claims;

    public H2MessageStore(
            JdbcTemplate jdbc,
            MetadataJson metadata,
            Transactions transactions,
            QueueCounters counters,
            DeadLetterWriter deadLetterWriter,
            ProcessedIds processedIds,
            H2Durability durability) {
        super(jdbc, metadata, transactions, counters, deadLetterWriter, processedIds);
        this.durability = durability;
        this.claims = new H2Claims(jdbc, metadata, transactions, counters, durability);
    }

    @Override
    public List<SendOutcome> send(List<MessageRow> rows) {
        transactions.hot();
        durability.beforeGrowing();
        return transactions.inTransaction(() -> {
            SendOutcome[] results = new SendOutcome[rows.size()];
            CounterDeltas deltas = new CounterDeltas();
            refuseOverCapacity(rows, results);
            insert(rows, open(results), results, deltas);
            if (unresolved(results)) {
                resolve(rows, results, deltas);
            }
            counters.add(deltas);
            return List.of(results);
        });
    }

    @Override
    protected void insert(List<MessageRow> rows, List<Integer> open, SendOutcome[] results, CounterDeltas deltas) {
        if (open.isEmpty()) {
            return;
        }
        Instant now = H2Rows.now(jdbc);
        Set<Integer> queues = new HashSet<>();
        for (int id : open.stream().mapToInt(i -> rows.get(i).queueId()).distinct().toArray()) {
            queues.addAll(
                    jdbc.queryForList("select id from queue where id = ? and deleted_at is null", Integer.class, id));
        }
        Set<String> inGroup = new HashSet<>();
        List<H2Rows.StoredRow> accepted = new ArrayList<>();
        List<Integer> fresh = open.stream()
                .filter(i -> queues.contains(rows.get(i).queueId()) && isNew(rows.get(i), inGroup))
                .toList();
        List<Long> positions = jdbc.queryForList(H2Statements.POSITIONS, Long.class, fresh.size());
        for (int i = 0; i < fresh.size(); i++) {
            accepted.add(accepted(fresh.get(i), rows.get(fresh.get(i)), positions.get(i), now));
        }
        H2Rows.batch(jdbc, 
                H2Statements.REMEMBER,
                accepted.stream().filter(a -> a.row().recordedId().isPresent()).toList(),
                H2Rows::setRemembered);
        H2Rows.batch(
                jdbc,
                H2Statements.INSERT,
                accepted.stream().filter(a -> !a.stored().delayed()).toList(),
                (statement, one) -> H2Rows.setRow(statement, one, metadata));
        H2Rows.batch(
                jdbc,
                H2Statements.INSERT_DELAYED,
                accepted.stream().filter(a -> a.stored().delayed()).toList(),
                (statement, one) -> H2Rows.setRow(statement, one, metadata));
        H2Rows.batch(jdbc, H2Statements.INSERT_EXPIRY, accepted.stream().filter(a -> a.row().ownLife()).toList(),
                H2Rows::setExpiry);
        for (H2Rows.StoredRow a : accepted) {
            results[a.index()] = a.stored();
            deltas.add(a.row().queueId(), a.stored().delayed() ? QueueCounter.DELAYED : QueueCounter.READY, 1)
                    .add(a.row().queueId(), QueueCounter.SENT, 1)
                    .add(a.row().queueId(), QueueCounter.SENT_BYTES, a.row().body().bytes().length);
        }
    }

    private boolean isNew(MessageRow row, Set<String> inGroup) {
        return row.recordedId().isEmpty()
                || inGroup.add(row.queueId() + " " + row.recordedId().get())
                        && jdbc.queryForList(
                                        H2Statements.KNOWN,
                                        Integer.class,
                                        row.queueId(),
                                        row.recordedId().get())
                                .isEmpty();
    }

    private static H2Rows.StoredRow accepted(int index, MessageRow row, long position, Instant now) {
        Instant asked = row.deliverAt().orElse(now.plus(row.delay()));
        Instant visibleAt = asked.isAfter(now) ? asked : now;
        boolean delayed = visibleAt.isAfter(now.plusMillis(NEAR_MILLIS));
        MessageKey key = new MessageKey(row.queueId(), row.priority(), position);
        return new H2Rows.StoredRow(index, row, new SendOutcome.Accepted(key, now, visibleAt, delayed));
    }

    @Override
    public List<ClaimResult> claim(List<ClaimRequest> requests) {
        return claims.claim(requests);
    }

    private record Held(Settlement settlement, QueueCounter level, String id, Instant leasedAt) {}

    /**
     * The settlements whose token is still the lease token of their message, in the order of the group, which is the
     * order of keys. Their outcome in {@code done} becomes {@link SettleOutcome.Done}.
     */
    private List<Held> held(List<Settlement> group, Map<Settlement, SettleOutcome> done) {
        Map<Long, Held> held = new TreeMap<>();
        for (int from = 0, to; from < group.size(); from = to) {
            to = close(group, from);
            Map<Long, Settlement> wanted = new HashMap<>();
            group.subList(from, to).forEach(settlement -> wanted.put(settlement.key().position(), settlement));
            MessageKey first = group.get(from).key();
            jdbc.query(
                    H2Statements.HELD,
                    row -> {
                        Settlement settlement = wanted.get(row.getLong(1));
                        if (settlement != null && settlement.token() == row.getLong(2)) {
                            QueueCounter level = row.getInt(3) > 0 ? QueueCounter.IN_FLIGHT : QueueCounter.READY;
                            held.put(row.getLong(1), new Held(settlement, level, row.getString(4), instant(row, 5)));
                            done.put(settlement, new SettleOutcome.Done(Optional.empty()));
                        }
                    },
                    first.queueId(),
                    first.priority(),
                    first.position(),
                    group.get(to - 1).key().position());
        }
        return List.copyOf(held.values());
    }

    /**
     * Settles as many messages at once as fit on the disk and into the heap, as H2 rewrites a changed row as a whole.
     * When a later part fails, its settlements are {@link SettleOutcome.Unsettled}, since the parts before it are
     * durable.
     */
    @Override
    public List<SettleOutcome> settle(List<Settlement> settlements) {
        long most = durability.maxRewriteBytes();
        if (settlements.size() * claims.largestBody() <= most) {
            return super.settle(settlements);
        }
        List<SettleOutcome> results = new ArrayList<>(settlements.size());
        while (results.size() < settlements.size()) {
            int from = results.size();
            try {
                results.addAll(super.settle(settlements.subList(from, fitting(settlements, from, most))));
            } catch (QueueException failure) {
                if (from == 0) {
                    throw failure;
                }
                SettleOutcome unsettled = new SettleOutcome.Unsettled(failure.code() == ErrorCode.OUTCOME_UNKNOWN);
                results.addAll(Collections.nCopies(settlements.size() - from, unsettled));
            }
        }
        return results;
    }

    /**
     * The end (exclusive) of the part that begins at {@code from} and has at most {@code most} bytes of bodies, but at
     * least one settlement.
     */
    private int fitting(List<Settlement> settlements, int from, long most) {
        long bytes = 0;
        for (int to = from; to < settlements.size(); to++) {
            MessageKey key = settlements.get(to).key();
            List<Integer> size = SqlErrorTranslator.translating(() -> jdbc.queryForList(
                    H2Statements.SIZE, Integer.class, key.queueId(), key.priority(), key.position()));
            bytes += size.isEmpty() ? 0 : size.getFirst();
            if (bytes > most && to > from) {
                return to;
            }
        }
        return settlements.size();
    }

    /**
     * The end (exclusive) of the run of settlements from {@code from} whose positions are so close together that
     * reading all rows between them costs little.
     */
    private static int close(List<Settlement> group, int from) {
        int to = from + 1;
        while (to < group.size()
                && group.get(to).key().position() - group.get(to - 1).key().position() <= READ_BETWEEN) {
            to++;
        }
        return to;
    }

    @Override
    protected void ack(
            Settlement.Ack kind, List<Settlement> group, Map<Settlement, SettleOutcome> done, CounterDeltas deltas) {
        Instant now = H2Rows.now(jdbc);
        List<Held> held = held(group, done);
        H2Rows.batch(
                jdbc,
                H2Statements.ACK,
                held,
                (statement, one) -> H2Rows.setKey(statement, 1, one.settlement().key()));
        H2Rows.batch(
                jdbc,
                H2Statements.PROCESSED,
                held.stream().filter(one -> one.id() != null).toList(),
                (statement, one) -> {
                    statement.setObject(1, H2Rows.utc(now));
                    statement.setObject(2, H2Rows.utc(now.plus(kind.processedRetention())));
                    statement.setInt(3, kind.key().queueId());
                    statement.setString(4, one.id());
                    statement.setLong(5, one.settlement().key().position());
                });
        for (Held one : held) {
            deltas.add(kind.key().queueId(), one.level(), -1)
                    .add(kind.key().queueId(), QueueCounter.ACKED, 1)
                    .add(
                            kind.key().queueId(),
                            QueueCounter.LATENCY_MILLIS,
                            Duration.between(one.leasedAt(), now).toMillis());
        }
    }

    @Override
    protected void nack(
            Settlement.Nack kind,
            List<Settlement> group,
            Map<Settlement, SettleOutcome> done,
            CounterDeltas deltas) {
        OffsetDateTime until = H2Rows.utc(H2Rows.now(jdbc).plus(kind.backoff()));
        boolean later = kind.backoff().toMillis() > NEAR_MILLIS;
        List<Held> held = held(group, done);
        H2Rows.batch(jdbc, later ? H2Statements.MOVE_LATER : H2Statements.RELEASE, held, (statement, one) -> {
            statement.setObject(1, until);
            statement.setString(2, kind.error().orElse(null));
            H2Rows.setKey(statement, 3, one.settlement().key());
        });
        if (later) {
            H2Rows.batch(
                    jdbc,
                    H2Statements.ACK,
                    held,
                    (statement, one) ->
                            H2Rows.setKey(statement, 1, one.settlement().key()));
        }
        held.forEach(one ->
                deltas.move(kind.key().queueId(), one.level(), later ? QueueCounter.DELAYED : QueueCounter.READY, 1));
    }

    @Override
    protected void extend(
            Settlement.Extend kind, List<Settlement> group, Map<Settlement, SettleOutcome> done, CounterDeltas deltas) {
        Instant asked = H2Rows.now(jdbc).plus(kind.visibilityTimeout());
        List<Held> held = held(group, done);
        H2Rows.batch(jdbc, H2Statements.EXTEND, held, (statement, one) -> {
            Instant longest = one.leasedAt().plus(QueueSettings.MAX_LEASE);
            Instant until = asked.isBefore(longest) ? asked : longest;
            done.put(one.settlement(), new SettleOutcome.Done(Optional.of(until)));
            statement.setObject(1, H2Rows.utc(until.plus(kind.backoff())));
            H2Rows.setKey(statement, 2, one.settlement().key());
        });
        held.forEach(one -> deltas.move(kind.key().queueId(), one.level(), QueueCounter.IN_FLIGHT, 1));
    }
}
