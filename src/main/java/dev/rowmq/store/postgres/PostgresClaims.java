package dev.rowmq.store.postgres;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.QueueCounters;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/** Claims on PostgreSQL: one statement for each level of a queue, which locks, leases and counts. */
final class PostgresClaims {

    private static final Logger log = LoggerFactory.getLogger(PostgresClaims.class);

    private final JdbcTemplate jdbc;
    private final MetadataJson metadata;
    private final Transactions transactions;
    private final QueueCounters counters;

    PostgresClaims(JdbcTemplate jdbc, MetadataJson metadata, Transactions transactions, QueueCounters counters) {
        this.jdbc = jdbc;
        this.metadata = metadata;
        this.transactions = transactions;
        this.counters = counters;
    }

    /** As {@link dev.rowmq.store.MessageStore#claim}. */
    List<ClaimResult> claim(List<ClaimRequest> claims) {
        SqlErrorTranslator.translating(counters::beforeUpdates);
        if (claims.size() > 1) {
            try {
                return transactions.inTransaction(() -> claim(claims, Supplier::get));
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
    private final class OnTheirOwn implements Function<Supplier<LevelClaim>, LevelClaim> {

        private RuntimeException failure;
        private int inARow;

        @Override
        public LevelClaim apply(Supplier<LevelClaim> level) {
            try {
                LevelClaim leased = inARow < 2 ? transactions.autoCommitted(level) : LevelClaim.LEFT;
                inARow = inARow < 2 ? 0 : inARow;
                return leased;
            } catch (RuntimeException broken) {
                failure = broken;
                inARow++;
                return LevelClaim.LEFT;
            }
        }
    }

    /** @param run runs the statement of a level */
    private List<ClaimResult> claim(List<ClaimRequest> claims, Function<Supplier<LevelClaim>, LevelClaim> run) {
        List<ClaimResult> all = new ArrayList<>(claims.size());
        long bytesLeft = JdbcMessageStore.MAX_BYTES;
        for (ClaimRequest claim : claims) {
            long begin = System.nanoTime();
            List<Lease> leases = new ArrayList<>();
            boolean cut = bytesLeft <= 0;
            for (int level = 0; level < claim.levels() && leases.size() < claim.max() && !cut; level++) {
                int priority = level;
                long most = bytesLeft;
                int left = claim.max() - leases.size();
                boolean first = leases.isEmpty();
                LevelClaim leased = run.apply(() -> lease(claim, priority, left, most, first));
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
    private record LevelClaim(List<Lease> leases, boolean cut) {

        /** The result of a level that could not be read, or was skipped. */
        static final LevelClaim LEFT = new LevelClaim(List.of(), true);

        long bytes() {
            return leases.stream().mapToLong(lease -> lease.body().bytes().length).sum();
        }
    }

    /** @param first whether one message is leased even if it is larger than {@code bytesLeft} */
    private LevelClaim lease(ClaimRequest claim, int priority, int max, long bytesLeft, boolean first) {
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
                            new Body(JdbcMessageStore.KINDS[row.getInt(5)], row.getBytes(6)),
                            metadata.read(row.getString(7)),
                            JdbcMessageStore.instant(row, 8),
                            JdbcMessageStore.instant(row, 9),
                            JdbcMessageStore.instant(row, 10).minus(settings.retry().backoffAfter(deliveries)));
                },
                claim.queueId(),
                priority,
                claim.from().getOrDefault(priority, 0L),
                JdbcMessageStore.mostDeliveries(claim),
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
        return new LevelClaim(found, free[0] > found.size());
    }
}
