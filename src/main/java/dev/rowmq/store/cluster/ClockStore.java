package dev.rowmq.store.cluster;

import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.SqlErrorTranslator;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Repairs the locks of jobs after the database's clock was set back. A lock that was taken at a time that is now in the
 * future would keep its job from running until then.
 */
@Component
public class ClockStore {

    private static final Duration LEAST_STEP = Duration.ofMinutes(1);

    private final JdbcTemplate jdbc;
    private final DatabaseSupport database;
    private OffsetDateTime last;
    private long lastNanos;

    ClockStore(JdbcTemplate jdbc, DatabaseSupport database) {
        this.jdbc = jdbc;
        this.database = database;
    }

    /**
     * How far the database's clock has stepped since the last call, beyond the time that has passed; negative = it was
     * set back.
     *
     * @return empty for less than a minute, and at the first call
     */
    public synchronized Optional<Duration> step() {
        OffsetDateTime now = SqlErrorTranslator.translating(
                () -> jdbc.queryForObject("select clock_timestamp()", OffsetDateTime.class));
        long nanos = System.nanoTime();
        Optional<Duration> step = Optional.ofNullable(last)
                .map(before -> Duration.between(before, now).minusNanos(nanos - lastNanos))
                .filter(by -> by.abs().compareTo(LEAST_STEP) >= 0);
        last = now;
        lastNanos = nanos;
        return step;
    }

    /** Frees the locks of jobs that were taken more than a minute in the future. Returns the number freed. */
    public int freeLocksOfTheFuture() {
        // ShedLock writes times without a zone: in UTC on PostgreSQL, local on H2
        String now = database.jobLockTime();
        return SqlErrorTranslator.translating(() -> jdbc.update(
                """
                update shedlock
                set lock_until = %s - interval '1' minute, locked_at = %s - interval '1' minute
                where locked_at > %s + interval '1' minute
                """
                        .formatted(now, now, now)));
    }
}
