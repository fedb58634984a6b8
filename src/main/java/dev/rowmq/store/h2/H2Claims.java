package dev.rowmq.store.h2;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.QueueCounters;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAccumulator;

import org.springframework.jdbc.core.JdbcTemplate;

/** Claims on H2: free rows are read, then leased by their keys in a batch. */
final class H2Claims {

    private final JdbcTemplate jdbc;
    private final MetadataJson metadata;
    private final Transactions transactions;
    private final QueueCounters counters;
    private final H2Durability durability;
    private final LongAccumulator largestBody = new LongAccumulator(Math::max, 0);

    H2Claims(
            JdbcTemplate jdbc,
            MetadataJson metadata,
            Transactions transactions,
            QueueCounters counters,
            H2Durability durability) {
        this.jdbc = jdbc;
        this.metadata = metadata;
        this.transactions = transactions;
        this.counters = counters;
        this.durability = durability;
    }

    /** Bytes of the largest body that this process has leased. */
    long largestBody() {
        return largestBody.get();
    }

    private record Leased(Lease lease, int stateBefore, Instant from) {}

    /** As {@link dev.rowmq.store.MessageStore#claim}. */
    List<ClaimResult> claim(List<ClaimRequest> claims) {
        return transactions.inTransaction(() -> {
            CounterDeltas deltas = new CounterDeltas();
            List<ClaimResult> all = new ArrayList<>(claims.size());
            long bytesLeft = Math.min(JdbcMessageStore.MAX_BYTES, durability.maxRewriteBytes());
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
        leases.forEach(lease -> largestBody.accumulate(lease.body().bytes().length));
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
        if ((long) wanted * QueueSettings.MAX_MESSAGE <= bytesLeft || first && wanted == 1) {
            return wanted;
        }
        List<Integer> sizes = jdbc.queryForList(
                H2Statements.SIZES,
                Integer.class,
                claim.queueId(),
                priority,
                claim.from().getOrDefault(priority, 0L),
                JdbcMessageStore.mostDeliveries(claim),
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
        Instant now = H2Rows.now(jdbc);
        List<Leased> free = jdbc.query(
                H2Statements.FREE,
                (row, n) -> leased(row, claim, priority, now),
                claim.queueId(),
                priority,
                claim.from().getOrDefault(priority, 0L),
                H2Rows.utc(now),
                H2Rows.utc(now),
                JdbcMessageStore.mostDeliveries(claim),
                max);
        H2Rows.batch(jdbc, H2Statements.LEASE, free, (statement, leased) -> {
            Lease lease = leased.lease();
            Duration backoff = claim.settings().retry().backoffAfter(lease.deliveries());
            statement.setObject(1, H2Rows.utc(lease.leaseUntil().plus(backoff)));
            statement.setInt(2, 1);
            statement.setLong(3, lease.token());
            statement.setObject(4, H2Rows.utc(leased.from()));
            statement.setInt(5, lease.deliveries());
            statement.setObject(6, H2Rows.utc(lease.firstReceivedAt()));
            H2Rows.setKey(statement, 7, lease.key());
        });
        for (Leased leased : free) {
            leases.add(leased.lease());
            deltas.move(claim.queueId(), QueueCounter.READY, QueueCounter.IN_FLIGHT, leased.stateBefore() > 0 ? 0 : 1);
        }
    }

    private Leased leased(ResultSet row, ClaimRequest claim, int priority, Instant now) throws SQLException {
        Instant first = JdbcMessageStore.instant(row, 9);
        return new Leased(
                new Lease(
                        new MessageKey(claim.queueId(), priority, row.getLong(1)),
                        row.getLong(10),
                        row.getInt(3) + 1,
                        Optional.ofNullable(row.getString(4)),
                        new Body(JdbcMessageStore.KINDS[row.getInt(5)], row.getBytes(6)),
                        metadata.read(row.getString(7)),
                        JdbcMessageStore.instant(row, 8),
                        first == null ? now : first,
                        now.plus(claim.visibilityTimeout())),
                row.getInt(2),
                now);
    }
}
