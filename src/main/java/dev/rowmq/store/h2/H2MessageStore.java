package dev.rowmq.store.h2;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
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

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAccumulator;

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
    /** Bytes of the largest body that this process has leased. */
    private final LongAccumulator largestClaimed = new LongAccumulator(Math::max, 0);

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
    }

    private Instant now() {
        return jdbc.queryForObject("select clock_timestamp()", (row, n) -> instant(row, 1))
                .truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * Not a {@code Timestamp}: it is converted through the time zone of the machine, where an hour of each autumn is
     * lost.
     */
    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    private record Accepted(int index, MessageRow row, SendOutcome.Stored stored) {}

    @Override
    public List<SendOutcome> send(List<MessageRow> rows) {
        transactions.hot();
        durability.beforeGrowing();
        return transactions.write(() -> {
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
        Instant now = now();
        Set<Integer> queues = new HashSet<>();
        for (int id : open.stream().mapToInt(i -> rows.get(i).queueId()).distinct().toArray()) {
            queues.addAll(
                    jdbc.queryForList("select id from queue where id = ? and deleted_at is null", Integer.class, id));
        }
        Set<String> inGroup = new HashSet<>();
        List<Accepted> accepted = new ArrayList<>();
        List<Integer> fresh = open.stream()
                .filter(i -> queues.contains(rows.get(i).queueId()) && isNew(rows.get(i), inGroup))
                .toList();
        List<Long> positions = jdbc.queryForList(H2Statements.POSITIONS, Long.class, fresh.size());
        for (int i = 0; i < fresh.size(); i++) {
            accepted.add(accepted(fresh.get(i), rows.get(fresh.get(i)), positions.get(i), now));
        }
        batch(
                H2Statements.REMEMBER,
                accepted.stream().filter(a -> a.row().id().isPresent()).toList(),
                H2MessageStore::setRemembered);
        batch(H2Statements.INSERT, accepted.stream().filter(a -> !a.stored().delayed()).toList(), this::setRow);
        batch(H2Statements.INSERT_DELAYED, accepted.stream().filter(a -> a.stored().delayed()).toList(), this::setRow);
        batch(H2Statements.INSERT_EXPIRY, accepted.stream().filter(a -> a.row().ownLife()).toList(),
                H2MessageStore::setExpiry);
        for (Accepted a : accepted) {
            results[a.index()] = a.stored();
            deltas.add(a.row().queueId(), a.stored().delayed() ? QueueCounter.DELAYED : QueueCounter.READY, 1)
                    .add(a.row().queueId(), QueueCounter.SENT, 1)
                    .add(a.row().queueId(), QueueCounter.SENT_BYTES, a.row().body().bytes().length);
        }
    }

    private boolean isNew(MessageRow row, Set<String> inGroup) {
        return row.id().isEmpty()
                || inGroup.add(row.queueId() + " " + row.id().get())
                        && jdbc.queryForList(
                                        H2Statements.KNOWN,
                                        Integer.class,
                                        row.queueId(),
                                        row.id().get())
                                .isEmpty();
    }

    private static Accepted accepted(int index, MessageRow row, long position, Instant now) {
        Instant asked = row.deliverAt().orElse(now.plus(row.delay()));
        Instant visibleAt = asked.isAfter(now) ? asked : now;
        boolean delayed = visibleAt.isAfter(now.plusMillis(NEAR_MILLIS));
        MessageKey key = new MessageKey(row.queueId(), row.priority(), position);
        return new Accepted(index, row, new SendOutcome.Stored(key, now, visibleAt, delayed));
    }

    private <T> void batch(
            String sql, List<T> rows, org.springframework.jdbc.core.ParameterizedPreparedStatementSetter<T> setter) {
        if (!rows.isEmpty()) {
            jdbc.batchUpdate(sql, rows, rows.size(), setter);
        }
    }

    private static int setKey(PreparedStatement statement, int from, MessageKey key) throws SQLException {
        statement.setInt(from, key.queueId());
        statement.setInt(from + 1, key.priority());
        statement.setLong(from + 2, key.position());
        return from + 3;
    }

    private static void setRemembered(PreparedStatement statement, Accepted accepted) throws SQLException {
        MessageKey key = accepted.stored().key();
        statement.setInt(1, key.queueId());
        statement.setString(2, accepted.row().id().orElseThrow());
        statement.setInt(3, key.priority());
        statement.setLong(4, key.position());
        statement.setBytes(5, accepted.row().bodyHash());
        statement.setObject(6, utc(accepted.stored().enqueuedAt()));
        statement.setObject(7, utc(accepted.stored().visibleAt()));
    }

    private void setRow(PreparedStatement statement, Accepted accepted) throws SQLException {
        MessageRow row = accepted.row();
        int next = setKey(statement, 1, accepted.stored().key());
        statement.setObject(next++, utc(accepted.stored().visibleAt()));
        statement.setString(next++, row.id().orElse(null));
        statement.setInt(next++, row.body().kind().ordinal());
        statement.setBytes(next++, row.body().bytes());
        statement.setString(next++, metadata.write(row.metadata()));
        statement.setObject(next++, utc(accepted.stored().enqueuedAt()));
        statement.setObject(next, utc(accepted.stored().visibleAt().plus(row.life())));
    }

    private static void setExpiry(PreparedStatement statement, Accepted accepted) throws SQLException {
        statement.setObject(1, utc(accepted.stored().visibleAt().plus(accepted.row().life())));
        setKey(statement, 2, accepted.stored().key());
    }

    private record Leased(Lease lease, int stateBefore, Instant from) {}

    @Override
    public List<ClaimResult> claim(List<ClaimRequest> claims) {
        return transactions.write(() -> {
            CounterDeltas deltas = new CounterDeltas();
            List<ClaimResult> all = new ArrayList<>(claims.size());
            long bytesLeft = Math.min(MOST_BYTES, durability.maxRewriteBytes());
            for (ClaimRequest claim : claims) {
                ClaimResult claimed =
                        bytesLeft > 0 ? claim(claim, bytesLeft, deltas) : new ClaimResult(List.of(), true, 0);
                bytesLeft -= claimed.leases().stream()
                        .mapToLong(lease -> lease.body().bytes().length)
                        .sum();
                all.add(claimed);
            }
            counters.add(deltas);
            return all;
        });
    }

    private ClaimResult claim(ClaimRequest claim, long mostBytes, CounterDeltas deltas) {
        long begin = System.nanoTime();
        List<Lease> leases = new ArrayList<>();
        boolean cut = false;
        long bytes = 0;
        for (int priority = 0; priority < claim.levels() && leases.size() < claim.max() && !cut; priority++) {
            int before = leases.size();
            int wanted = claim.max() - before;
            int most = fitting(claim, priority, wanted, mostBytes - bytes, before == 0);
            cut = most < wanted;
            lease(claim, priority, most, leases, deltas);
            for (Lease lease : leases.subList(before, leases.size())) {
                deltas.claimedTo(claim.queueId(), lease.key().position());
                bytes += lease.body().bytes().length;
            }
        }
        if (!leases.isEmpty()) {
            transactions.hot();
        }
        leases.forEach(lease -> largestClaimed.accumulate(lease.body().bytes().length));
        deltas.add(claim.queueId(), QueueCounter.RECEIVED, leases.size());
        deltas.add(
                claim.queueId(),
                QueueCounter.REDELIVERED,
                leases.stream().filter(lease -> lease.deliveries() > 1).count());
        return new ClaimResult(leases, cut || leases.size() == claim.max(), System.nanoTime() - begin);
    }

    /**
     * The number of next messages of a level that a claim can lease without exceeding its remaining memory.
     *
     * @param first whether the claim has no message yet; the number is then at least 1
     * @return {@code wanted}, or less when larger bodies are among these messages
     */
    private int fitting(ClaimRequest claim, int priority, int wanted, long bytesLeft, boolean first) {
        if ((long) wanted * QueueSettings.LARGEST_MESSAGE <= bytesLeft || first && wanted == 1) {
            return wanted;
        }
        List<Integer> sizes = jdbc.queryForList(
                H2Statements.SIZES,
                Integer.class,
                claim.queueId(),
                priority,
                claim.from().getOrDefault(priority, 0L),
                mostDeliveries(claim),
                wanted);
        long sum = 0;
        for (int fitting = 0; fitting < sizes.size(); fitting++) {
            sum += sizes.get(fitting);
            if (sum > bytesLeft) {
                return first ? Math.max(1, fitting) : fitting;
            }
        }
        return wanted;
    }

    /** Leases at most {@code max} messages of one priority and adds them to {@code leases}, in order. */
    private void lease(ClaimRequest claim, int priority, int max, List<Lease> leases, CounterDeltas deltas) {
        Instant now = now();
        List<Leased> free = jdbc.query(
                H2Statements.FREE,
                (row, n) -> {
                    Instant first = instant(row, 9);
                    return new Leased(
                            new Lease(
                                    new MessageKey(claim.queueId(), priority, row.getLong(1)),
                                    row.getLong(10),
                                    row.getInt(3) + 1,
                                    Optional.ofNullable(row.getString(4)),
                                    new Body(KINDS[row.getInt(5)], row.getBytes(6)),
                                    metadata.read(row.getString(7)),
                                    instant(row, 8),
                                    first == null ? now : first,
                                    now.plus(claim.visibilityTimeout())),
                            row.getInt(2),
                            now);
                },
                claim.queueId(),
                priority,
                claim.from().getOrDefault(priority, 0L),
                utc(now),
                utc(now),
                mostDeliveries(claim),
                max);
        batch(H2Statements.LEASE, free, (statement, leased) -> {
            Lease lease = leased.lease();
            Duration rest = claim.settings().retry().restAfter(lease.deliveries());
            statement.setObject(1, utc(lease.leaseUntil().plus(rest)));
            statement.setInt(2, 1);
            statement.setLong(3, lease.token());
            statement.setObject(4, utc(leased.from()));
            statement.setInt(5, lease.deliveries());
            statement.setObject(6, utc(lease.firstReceivedAt()));
            setKey(statement, 7, lease.key());
        });
        for (Leased leased : free) {
            leases.add(leased.lease());
            deltas.move(claim.queueId(), QueueCounter.READY, QueueCounter.IN_FLIGHT, leased.stateBefore() > 0 ? 0 : 1);
        }
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
        if (settlements.size() * largestClaimed.get() <= most) {
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
        Instant now = now();
        List<Held> held = held(group, done);
        batch(H2Statements.ACK, held, (statement, one) -> setKey(statement, 1, one.settlement().key()));
        batch(H2Statements.PROCESSED, held.stream().filter(one -> one.id() != null).toList(), (statement, one) -> {
            statement.setObject(1, utc(now));
            statement.setObject(2, utc(now.plus(kind.processedRetention())));
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
    protected void release(
            Settlement.Release kind,
            List<Settlement> group,
            Map<Settlement, SettleOutcome> done,
            CounterDeltas deltas) {
        OffsetDateTime until = utc(now().plus(kind.rest()));
        boolean later = kind.rest().toMillis() > NEAR_MILLIS;
        List<Held> held = held(group, done);
        batch(later ? H2Statements.MOVE_LATER : H2Statements.RELEASE, held, (statement, one) -> {
            statement.setObject(1, until);
            statement.setString(2, kind.error().orElse(null));
            setKey(statement, 3, one.settlement().key());
        });
        if (later) {
            batch(H2Statements.ACK, held, (statement, one) -> setKey(statement, 1, one.settlement().key()));
        }
        held.forEach(one ->
                deltas.move(kind.key().queueId(), one.level(), later ? QueueCounter.DELAYED : QueueCounter.READY, 1));
    }

    @Override
    protected void extend(
            Settlement.Extend kind, List<Settlement> group, Map<Settlement, SettleOutcome> done, CounterDeltas deltas) {
        Instant asked = now().plus(kind.visibilityTimeout());
        List<Held> held = held(group, done);
        batch(H2Statements.EXTEND, held, (statement, one) -> {
            Instant longest = one.leasedAt().plus(QueueSettings.LONGEST_LEASE);
            Instant until = asked.isBefore(longest) ? asked : longest;
            done.put(one.settlement(), new SettleOutcome.Done(Optional.of(until)));
            statement.setObject(1, utc(until.plus(kind.rest())));
            setKey(statement, 2, one.settlement().key());
        });
        held.forEach(one -> deltas.move(kind.key().queueId(), one.level(), QueueCounter.IN_FLIGHT, 1));
    }
}
