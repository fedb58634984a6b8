package dev.rowmq.store.postgres;

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
import dev.rowmq.store.database.DurableTransactions;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.DeadLetterWriter;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.ProcessedIds;
import dev.rowmq.store.sql.QueueCounters;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;

/** The hot path on PostgreSQL: one statement for a whole group, with arrays. */
public final class PostgresMessageStore extends JdbcMessageStore {

    private static final Logger log = LoggerFactory.getLogger(PostgresMessageStore.class);

    /** Attempts to settle a row that other transactions keep changing. */
    private static final int ATTEMPTS = 5;

    private final PostgresClaims claims;

    public PostgresMessageStore(
            JdbcTemplate jdbc,
            MetadataJson metadata,
            Transactions transactions,
            QueueCounters counters,
            DeadLetterWriter deadLetterWriter,
            ProcessedIds processedIds) {
        super(jdbc, metadata, transactions, counters, deadLetterWriter, processedIds);
        this.claims = new PostgresClaims(jdbc, metadata, transactions, counters);
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
        transactions.autoCommitted(() -> {
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
        boolean plain = group.stream().allMatch(PostgresRows::plain);
        jdbc.query(
                plain ? PostgresStatements.INSERT_PLAIN : PostgresStatements.INSERT,
                statement -> {
                    PostgresRows.setRows(statement, group, metadata, counters);
                    int next = 8;
                    if (!plain) {
                        PostgresRows.setIdsAndTimes(statement, group);
                        next = 14;
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
                            ? new SendOutcome.Accepted(key, now, now, false)
                            : new SendOutcome.Accepted(key, now, instant(row, 4), row.getBoolean(5));
                });
    }

    @Override
    public List<ClaimResult> claim(List<ClaimRequest> requests) {
        return claims.claim(requests);
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
        transactions.autoCommitted(() -> {
            ackHeld((Settlement.Ack) settlements.getFirst(), settlements, done);
            return done;
        });
        if (done.size() < settlements.size()) {
            transactions.afterCommitted(() -> again(settlements, done, missed -> transactions.autoCommitted(() -> {
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
    protected void nack(
            Settlement.Nack kind,
            List<Settlement> group,
            Map<Settlement, SettleOutcome> done,
            CounterDeltas deltas) {
        settled(group, done, some -> releaseHeld(kind, some, done, deltas));
    }

    private void releaseHeld(Settlement.Nack kind, List<Settlement> group, Map<Settlement, SettleOutcome> done,
            CounterDeltas deltas) {
        int queueId = kind.key().queueId();
        Keys keys = keys(group);
        boolean later = kind.backoff().toMillis() > NEAR_MILLIS;
        Object[] held = {keys.positions(), keys.tokens(), queueId, kind.key().priority()};
        Object[] how = {kind.backoff().toMillis(), kind.error().orElse(null)};
        jdbc.query(
                later ? PostgresStatements.RELEASE_LATER : PostgresStatements.RELEASE,
                row -> {
                    done.put(keys.byPosition().get(row.getLong(1)), new SettleOutcome.Done(Optional.empty()));
                    QueueCounter from = row.getInt(2) > 0 ? QueueCounter.IN_FLIGHT : QueueCounter.READY;
                    deltas.move(queueId, from, later ? QueueCounter.DELAYED : QueueCounter.READY, 1);
                },
                later ? PostgresRows.concat(held, how) : PostgresRows.concat(how, held));
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
        long backoff = kind.backoff().toMillis();
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
                QueueSettings.MAX_LEASE.toMillis(),
                backoff,
                keys.positions(),
                keys.tokens(),
                queueId,
                kind.key().priority(),
                backoff);
    }
}
