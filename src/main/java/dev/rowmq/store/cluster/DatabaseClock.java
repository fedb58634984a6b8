package dev.rowmq.store.cluster;

import io.github.bucket4j.TimeMeter;

import java.time.OffsetDateTime;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The database's clock, estimated to a few milliseconds without a query at each use. All instances measure rates by it.
 */
final class DatabaseClock implements TimeMeter {

    private static final long ASK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** The database's time, in nanoseconds since 1970, at a moment of {@link System#nanoTime}. */
    private record ClockReading(long databaseNanos, long at) {}

    private final JdbcTemplate jdbc;
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile ClockReading last;

    DatabaseClock(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Computed from the last reading of {@link #askNowAndThen}, however old it is: a caller that already holds a
     * connection needs no second one.
     */
    @Override
    public long currentTimeNanos() {
        ClockReading reading = last;
        return reading.databaseNanos() + (System.nanoTime() - reading.at());
    }

    /**
     * Queries the database when the last reading is older than half a minute. One thread does so; the others use the
     * last reading meanwhile.
     */
    void askNowAndThen() {
        ClockReading reading = last;
        boolean due = reading == null || System.nanoTime() - reading.at() > ASK_EVERY_NANOS;
        if (due && (reading == null || asking.compareAndSet(false, true))) {
            try {
                last = ask();
            } finally {
                asking.set(false);
            }
        }
    }

    /** The reading is dated at the arrival of the result, so that this clock is never ahead of the database's. */
    private ClockReading ask() {
        OffsetDateTime now = jdbc.queryForObject("select clock_timestamp()", OffsetDateTime.class);
        return new ClockReading(TimeUnit.SECONDS.toNanos(now.toEpochSecond()) + now.getNano(), System.nanoTime());
    }

    @Override
    public boolean isWallClockBased() {
        return true;
    }
}
