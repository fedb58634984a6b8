package dev.rowmq.store.postgres;

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
import dev.rowmq.store.database.DurableTransactions;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;

/** The hot path on PostgreSQL: one statement for a whole group, with arrays. */
public final class PostgresMessageStore extends JdbcMessageStore {

    private static final Logger log = LoggerFactory.getLogger(PostgresMessageStore.class);

    /** Attempts to settle a row that other transactions keep changing. */
    private static final int ATTEMPTS = 5;

    public PostgresMessageStore(
            JdbcTemplate jdbc,
            MetadataJson metadata,
            Transactions transactions,
            QueueCounters counters,
            DeadLetterWriter deadLetterWriter,
            ProcessedIds processedIds) {
        super(jdbc, metadata, transactions, counters, deadLetterWriter, processedIds);
    }

    @Override
    public List<SendOutcome> send(List<MessageRow> rows) {
        SendOutcome[] results = new SendOutcome[rows.size()];
        transactions.hot();
        SqlErrorTranslator.translating(() -> {
            counters.beforeUpdates();
            refuseOverCapacity(rows, results);
            return results;
        });
        transactions.once(() -> {
            insert(rows, open(results), results, new CounterDeltas());
            return results;
        });
        if (unresolved(results)) {
            try {
                CounterDeltas deltas = new CounterDeltas();
                resolve(rows, results, deltas);
                counters.add(deltas);
            } catch (RuntimeException failure) {
                QueueException unknown = DurableTransactions.outcomeUnknown(failure);
                open(results).forEach(i -> results[i] = new SendOutcome.Unknown(unknown));
            }
        }
        return Arrays.asList(results);
    }

    @Override
    protected void insert(List<MessageRow> rows, List<Integer> open, SendOutcome[] results, CounterDeltas deltas) {
        if (open.isEmpty()) {
            return;
        }
        List<MessageRow> group = open.size() == rows.size() ? rows : open.stream().map(rows::get).toList();
        boolean plain = group.stream().allMatch(PostgresMessageStore::plain);
        jdbc.query(
                plain ? PostgresStatements.INSERT_PLAIN : PostgresStatements.INSERT,
                statement -> {
                    setRows(statement, group);
                    int next = 8;
                    if (!plain) {
                        setIdsAndTimes(statement, group);
                        next = 13;
                    }
                    statement.setObject(next++, group.stream().mapToInt(MessageRow::queueId).distinct().toArray());
                    if (!plain) {
                        statement.setLong(next, NEAR_MILLIS);
                    }
                },
                (RowCallbackHandler) row -> {
                    int i = open.get(row.getInt(1) - 1);
                    MessageKey key = new MessageKey(rows.get(i).queueId(), rows.get(i).priority(), row.getLong(2));
                    Instant now = instant(row, 3);
                    results[i] = plain
                            ? new SendOutcome.Stored(key, now, now, false)
                            : new SendOutcome.Stored(key, now, instant(row, 4), row.getBoolean(5));
                });
    }

    private static boolean plain(MessageRow row) {
        return row.id().isEmpty() && row.delay().isZero() && row.deliverAt().isEmpty() && !row.ownLife();
    }

    private void setRows(PreparedStatement statement, List<MessageRow> rows) throws SQLException {
        statement.setObject(1, rows.stream().mapToInt(MessageRow::queueId).toArray());
        statement.setObject(2, rows.stream().mapToInt(MessageRow::priority).toArray());
        statement.setObject(3, rows.stream().mapToInt(row -> row.body().kind().ordinal()).toArray());
        statement.setObject(4, rows.stream().map(row -> row.body().bytes()).toArray(byte[][]::new));
        statement.setObject(5, rows.stream().map(row -> metadata.write(row.metadata())).toArray(String[]::new));
        statement.setObject(6, rows.stream().mapToLong(row -> row.life().toMillis()).toArray());
        Map<Integer, Long> writers = new HashMap<>();
        statement.setObject(
                7,
                rows.stream()
                        .mapToLong(row -> writers.computeIfAbsent(row.queueId(), counters::writer))
                        .toArray());
    }

    private static void setIdsAndTimes(PreparedStatement statement, List<MessageRow> rows) throws SQLException {
        statement.setObject(8, rows.stream().map(row -> row.id().orElse(null)).toArray(String[]::new));
        statement.setObject(9, rows.stream().map(MessageRow::bodyHash).toArray(byte[][]::new));
        statement.setObject(10, rows.stream().mapToLong(row -> row.delay().toMillis()).toArray());
        statement.setObject(
                11,
                rows.stream()
                        .map(row -> row.deliverAt().map(PostgresMessageStore::ceilingMillis).orElse(null))
                        .toArray(Long[]::new));
        statement.setObject(12, rows.stream().map(MessageRow::ownLife).toArray(Boolean[]::new));
    }

    /** Rounds up to a whole millisecond, so that no message is visible early. */
    private static long ceilingMillis(Instant at) {
        return at.toEpochMilli() + (at.getNano() % 1_000_000 == 0 ? 0 : 1);
    }

    @Override
    public List<ClaimResult> claim(List<ClaimRequest> claims) {
        SqlErrorTranslator.translating(counters::beforeUpdates);
        if (claims.size() > 1) {
            try {
                return transactions.write(() -> claim(claims, Supplier::get));
            } catch (QueueException failure) {
                if (failure.code() != ErrorCode.STORE_UNAVAILABLE) {
                    throw failure;
                }
                // one of the queues may be the cause: the claims of the others need not fail
            }
        }
        OnTheirOwn onTheirOwn = new OnTheirOwn();
        List<ClaimResult> all = claim(claims, onTheirOwn);
        if (onTheirOwn.failure != null) {
            if (all.stream().allMatch(claimed -> claimed.leases().isEmpty())) {
                throw onTheirOwn.failure;
            }
            log.atLevel(QueueException.isDatabaseFault(onTheirOwn.failure) ? org.slf4j.event.Level.DEBUG
                    : org.slf4j.event.Level.WARN)
                    .log("a claim failed beside others that did not, and will be tried again: {}",
                            onTheirOwn.failure.toString());
        }
        return all;
    }

    /**
     * Each level is a statement that commits itself. The leases of earlier levels are committed when one fails, so the
     * failure is only recorded. After two failures in a row the other levels are skipped, as each may take as long as
     * the time limit of a statement.
     */
    private final class OnTheirOwn implements Function<Supplier<Level>, Level> {

        private RuntimeException failure;
        private int inARow;

        @Override
        public Level apply(Supplier<Level> level) {
            try {
                Level leased = inARow < 2 ? transactions.once(level) : Level.LEFT;
                inARow = inARow < 2 ? 0 : inARow;
                return leased;
            } catch (RuntimeException broken) {
                failure = broken;
                inARow++;
                return Level.LEFT;
            }
        }
    }

    /** @param run runs the statement of a level */
    private List<ClaimResult> claim(List<ClaimRequest> claims, Function<Supplier<Level>, Level> run) {
        List<ClaimResult> all = new ArrayList<>(claims.size());
        long bytesLeft = MOST_BYTES;
        for (ClaimRequest claim : claims) {
            long begin = System.nanoTime();
            List<Lease> leases = new ArrayList<>();
            boolean cut = bytesLeft <= 0;
            for (int level = 0; level < claim.levels() && leases.size() < claim.max() && !cut; level++) {
                int priority = level;
                long most = bytesLeft;
                int left = claim.max() - leases.size();
                boolean first = leases.isEmpty();
                Level leased = run.apply(() -> lease(claim, priority, left, most, first));
                // only after the level has run: a lease that was rolled back must not be returned
                leases.addAll(leased.leases());
                bytesLeft -= leased.bytes();
                cut = leased.cut();
            }
            if (!leases.isEmpty()) {
                transactions.hot();
            }
            all.add(new ClaimResult(leases, cut || leases.size() == claim.max(), System.nanoTime() - begin));
        }
        return all;
    }

    /**
     * The leased messages of one priority, in order.
     *
     * @param cut whether messages were left because the bytes would have been too many, or because the level failed
     */
    private record Level(List<Lease> leases, boolean cut) {

        /** The result of a level that could not be read, or was skipped. */
        static final Level LEFT = new Level(List.of(), true);

        long bytes() {
            return leases.stream().mapToLong(lease -> lease.body().bytes().length).sum();
        }
    }

    /** @param first whether one message is leased even if it is larger than {@code bytesLeft} */
    private Level lease(ClaimRequest claim, int priority, int max, long bytesLeft, boolean first) {
        QueueSettings settings = claim.settings();
        int[] free = {0};
        List<Lease> found = jdbc.query(
                PostgresStatements.LEASE,
                (row, n) -> {
                    int deliveries = row.getInt(3);
                    free[0] = row.getInt(11);
                    return new Lease(
                            new MessageKey(claim.queueId(), priority, row.getLong(1)),
                            row.getLong(2),
                            deliveries,
                            Optional.ofNullable(row.getString(4)),
                            new Body(KINDS[row.getInt(5)], row.getBytes(6)),
                            metadata.read(row.getString(7)),
                            instant(row, 8),
                            instant(row, 9),
                            instant(row, 10).minus(settings.retry().restAfter(deliveries)));
                },
                claim.queueId(),
                priority,
                claim.from().getOrDefault(priority, 0L),
                mostDeliveries(claim),
                max,
                claim.visibilityTimeout().toMillis(),
                (double) settings.retry().initial().toMillis(),
                settings.retry().multiplier(),
                (double) settings.retry().max().toMillis(),
                bytesLeft,
                first,
                counters.writer(claim.queueId()));
        if (found.size() > max) {
            throw new IllegalStateException("claimed " + found.size() + " of at most " + max);
        }
        found.sort(Comparator.comparing(Lease::key));
        return new Level(found, free[0] > found.size());
    }

    @Override
    public List<SettleOutcome> settle(List<Settlement> settlements) {
        return alikeAcks(settlements) ? ackOnce(settlements) : super.settle(settlements);
    }

    /**
     * Whether all are acks of different messages with the same queue, priority and retention, as a busy consumer sends
     * them. One statement settles them.
     */
    private static boolean alikeAcks(List<Settlement> settlements) {
        if (!(settlements.getFirst() instanceof Settlement.Ack first)) {
            return false;
        }
        Set<Long> positions = new HashSet<>();
        return settlements.stream().allMatch(settlement -> settlement instanceof Settlement.Ack ack
                && ack.key().queueId() == first.key().queueId()
                && ack.key().priority() == first.key().priority()
                && ack.processedRetention().equals(first.processedRetention())
                && positions.add(ack.key().position()));
    }

    private List<SettleOutcome> ackOnce(List<Settlement> settlements) {
        SqlErrorTranslator.translating(counters::beforeUpdates);
        Map<Settlement, SettleOutcome> done = new HashMap<>();
        transactions.once(() -> {
            ackHeld((Settlement.Ack) settlements.getFirst(), settlements, done);
            return done;
        });
        if (done.size() < settlements.size()) {
            transactions.after(() -> again(settlements, done, missed -> transactions.once(() -> {
                ackHeld((Settlement.Ack) settlements.getFirst(), missed, done);
                return done;
            })));
        }
        return settlements.stream().map(done::get).toList();
    }

    /**
     * Repeats the step for rows that it missed because another transaction was changing them. Settlements whose message
     * is not under their lease any more get their outcome.
     *
     * @param step settles a part of the group, each time with a new snapshot
     */
    private void again(List<Settlement> group, Map<Settlement, SettleOutcome> done, Consumer<List<Settlement>> step) {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            List<Settlement> missed = new ArrayList<>();
            for (Settlement settlement : group) {
                if (!done.containsKey(settlement)) {
                    lost(settlement).ifPresentOrElse(lost -> done.put(settlement, lost), () -> missed.add(settlement));
                }
            }
            if (missed.isEmpty()) {
                return;
            }
            step.accept(missed);
        }
        group.forEach(settlement -> done.computeIfAbsent(settlement, unlucky -> new SettleOutcome.Unsettled(false)));
    }

    /** The outcome of a settlement that missed its message; empty while the message is under the settlement's lease. */
    private Optional<SettleOutcome> lost(Settlement settlement) {
        MessageKey key = settlement.key();
        List<Long> token = jdbc.queryForList(
                "select lease_token from message where queue_id = ? and priority = ? and position = ?",
                Long.class,
                key.queueId(),
                key.priority(),
                key.position());
        if (token.isEmpty()) {
            return Optional.of(missing(key));
        }
        return token.getFirst() == settlement.token() ? Optional.empty() : Optional.of(new SettleOutcome.Stale());
    }

    /** The positions and tokens of a group, as parameters of its statements. */
    private record Keys(long[] positions, long[] tokens, Map<Long, Settlement> byPosition) {}

    private static Keys keys(List<Settlement> group) {
        Map<Long, Settlement> byPosition = new HashMap<>();
        group.forEach(settlement -> byPosition.put(settlement.key().position(), settlement));
        return new Keys(
                group.stream().mapToLong(settlement -> settlement.key().position()).toArray(),
                group.stream().mapToLong(Settlement::token).toArray(),
                byPosition);
    }

    @Override
    protected void ack(
            Settlement.Ack kind,
            List<Settlement> group,
            Map<Settlement, SettleOutcome> done,
            CounterDeltas countedByItself) {
        settled(group, done, some -> ackHeld(kind, some, done));
    }

    private void settled(List<Settlement> group, Map<Settlement, SettleOutcome> done, Consumer<List<Settlement>> step) {
        step.accept(group);
        if (!done.keySet().containsAll(group)) {
            again(group, done, step);
        }
    }

    private void ackHeld(Settlement.Ack kind, List<Settlement> group, Map<Settlement, SettleOutcome> done) {
        Keys keys = keys(group);
        jdbc.query(
                PostgresStatements.ACK,
                row -> {
                    done.put(keys.byPosition().get(row.getLong(1)), new SettleOutcome.Done(Optional.empty()));
                },
                keys.positions(),
                keys.tokens(),
                kind.key().queueId(),
                kind.key().priority(),
                kind.processedRetention().toMillis(),
                kind.key().queueId(),
                counters.writer(kind.key().queueId()));
    }

    @Override
    protected void release(
            Settlement.Release kind,
            List<Settlement> group,
            Map<Settlement, SettleOutcome> done,
            CounterDeltas deltas) {
        settled(group, done, some -> releaseHeld(kind, some, done, deltas));
    }

    private void releaseHeld(Settlement.Release kind, List<Settlement> group, Map<Settlement, SettleOutcome> done,
            CounterDeltas deltas) {
        int queueId = kind.key().queueId();
        Keys keys = keys(group);
        boolean later = kind.rest().toMillis() > NEAR_MILLIS;
        Object[] held = {keys.positions(), keys.tokens(), queueId, kind.key().priority()};
        Object[] how = {kind.rest().toMillis(), kind.error().orElse(null)};
        jdbc.query(
                later ? PostgresStatements.RELEASE_LATER : PostgresStatements.RELEASE,
                row -> {
                    done.put(keys.byPosition().get(row.getLong(1)), new SettleOutcome.Done(Optional.empty()));
                    QueueCounter from = row.getInt(2) > 0 ? QueueCounter.IN_FLIGHT : QueueCounter.READY;
                    deltas.move(queueId, from, later ? QueueCounter.DELAYED : QueueCounter.READY, 1);
                },
                later ? concat(held, how) : concat(how, held));
    }

    private static Object[] concat(Object[] one, Object[] other) {
        return Stream.of(one, other).flatMap(Arrays::stream).toArray();
    }

    @Override
    protected void extend(
            Settlement.Extend kind, List<Settlement> group, Map<Settlement, SettleOutcome> done, CounterDeltas deltas) {
        settled(group, done, some -> extendHeld(kind, some, done, deltas));
    }

    private void extendHeld(Settlement.Extend kind, List<Settlement> group, Map<Settlement, SettleOutcome> done,
            CounterDeltas deltas) {
        int queueId = kind.key().queueId();
        Keys keys = keys(group);
        long rest = kind.rest().toMillis();
        jdbc.query(
                PostgresStatements.EXTEND,
                row -> {
                    done.put(
                            keys.byPosition().get(row.getLong(1)),
                            new SettleOutcome.Done(Optional.of(instant(row, 3))));
                    if (row.getInt(2) == 1) {
                        deltas.move(queueId, QueueCounter.READY, QueueCounter.IN_FLIGHT, 1);
                    }
                },
                kind.visibilityTimeout().toMillis(),
                QueueSettings.LONGEST_LEASE.toMillis(),
                rest,
                keys.positions(),
                keys.tokens(),
                queueId,
                kind.key().priority(),
                rest);
    }
}
