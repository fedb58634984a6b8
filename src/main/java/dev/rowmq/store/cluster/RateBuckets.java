package dev.rowmq.store.cluster;

import dev.rowmq.model.queue.SendRate;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.SqlErrorTranslator;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.jdbc.PrimaryKeyMapper;
import io.github.bucket4j.distributed.proxy.optimization.Optimizations;
import io.github.bucket4j.distributed.proxy.BucketNotFoundException;
import io.github.bucket4j.postgresql.Bucket4jPostgreSQL;
import io.github.bucket4j.postgresql.PostgreSQLSelectForUpdateBasedProxyManager;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * The token buckets of rate limits. On PostgreSQL all instances share them, as rows of {@code rate_bucket}; one change
 * of a row serves several concurrent callers. On H2 the buckets are in the memory of its only process.
 */
@Component
public class RateBuckets {

    private record CachedBucket(SendRate rate, Bucket bucket) {}

    private static final int ATTEMPTS = 5;

    private final Map<String, CachedBucket> known = new ConcurrentHashMap<>();
    private final Optional<PostgreSQLSelectForUpdateBasedProxyManager<String>> shared;
    private final DatabaseClock clock;
    private final JdbcTemplate jdbc;

    RateBuckets(DatabaseSupport database, DataSource dataSource, JdbcTemplate jdbc) {
        this.jdbc = jdbc;
        this.clock = new DatabaseClock(jdbc);
        this.shared = database.shared() ? Optional.of(shared(dataSource, clock)) : Optional.empty();
    }

    private static PostgreSQLSelectForUpdateBasedProxyManager<String> shared(
            DataSource dataSource, DatabaseClock clock) {
        return Bucket4jPostgreSQL.selectForUpdateBasedBuilder(dataSource)
                .primaryKeyMapper(PrimaryKeyMapper.STRING)
                .table("rate_bucket")
                .idColumn("id")
                .stateColumn("state")
                .expiresAtColumn("expires_at")
                .expirationAfterWrite(
                        ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(Duration.ofMinutes(1)))
                .clientClock(clock)
                .build();
    }

    /**
     * Returns the bucket of this name and rate. A new rate begins with a new, full bucket.
     *
     * @param alone this instance's own bucket, used while the shared one cannot be reached
     */
    public Bucket bucket(String name, SendRate rate, boolean alone) {
        if (shared.isPresent() && !alone) {
            clock.askNowAndThen();
        }
        return known.compute(
                        alone ? name + " alone" : name,
                        (same, before) -> before != null && before.rate().equals(rate)
                                ? before
                                : new CachedBucket(rate, make(name, rate, alone)))
                .bucket();
    }

    private Bucket make(String name, SendRate rate, boolean alone) {
        Supplier<BucketConfiguration> configuration = () -> BucketConfiguration.builder()
                .addLimit(limit ->
                        limit.capacity(rate.burst()).refillGreedy(rate.messagesPerSecond(), Duration.ofSeconds(1)))
                .build();
        return shared.filter(any -> !alone)
                .<Bucket>map(manager -> manager.builder()
                        .withOptimization(Optimizations.batching())
                        .build("%s %d/s %d".formatted(name, rate.messagesPerSecond(), rate.burst()), configuration))
                .orElseGet(() -> Bucket.builder()
                        .addLimit(limit -> limit.capacity(rate.burst())
                                .refillGreedy(rate.messagesPerSecond(), Duration.ofSeconds(1)))
                        .withNanosecondPrecision()
                        .build());
    }

    /**
     * Uses a bucket. The row of a bucket that was full and therefore removed is missing. All callers served by one
     * change of the row then fail, with no token taken: they retry.
     */
    public static <T> T again(Supplier<T> use) {
        for (int attempt = 1; ; attempt++) {
            try {
                return use.get();
            } catch (RuntimeException failure) {
                if (attempt == ATTEMPTS || !rowIsMissing(failure)) {
                    throw failure;
                }
            }
        }
    }

    private static boolean rowIsMissing(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BucketNotFoundException) {
                return true;
            }
        }
        return false;
    }

    /**
     * Removes the rows of buckets that have been full for a minute. A missing row is equal to a full bucket. Returns
     * the number removed.
     */
    public int removeFull() {
        return shared.isEmpty() ? 0 : SqlErrorTranslator.translating(() -> jdbc.update("""
            delete from rate_bucket
            where expires_at < extract(epoch from clock_timestamp()) * 1000
            """));
    }
}
