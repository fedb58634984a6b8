package dev.rowmq.store.cluster;

import io.github.bucket4j.TimeMeter;

import java.time.OffsetDateTime;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.springframework.jdbc.core.JdbcTemplate;

/** The database's clock, known to a few milliseconds without asking it each time: all instances measure rates by it. */
final class DatabaseClock implements TimeMeter {

    private static final long ASK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** The database's time, in nanoseconds since 1970, at a moment of {@link System#nanoTime}. */
    private record Reading(long databaseNanos, long at) {}

    private final JdbcTemplate jdbc;
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile Reading last;

    DatabaseClock(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * As of the last {@link #askNowAndThen}, however long ago, so that it needs no connection while somebody holds one.
     */
    @Override
    public long currentTimeNanos() {
        Reading reading = last;
        return reading.databaseNanos() + (System.nanoTime() - reading.at());
    }

    /** Asks the database if that was not done for half a minute; the others go on with what they know meanwhile. */
    void askNowAndThen() {
        Reading reading = last;
        boolean due = reading == null || System.nanoTime() - reading.at() > ASK_EVERY_NANOS;
        if (due && (reading == null || asking.compareAndSet(false, true))) {
            try {
                last = ask();
            } finally {
                asking.set(false);
            }
        }
    }

    /** Taken as read when the answer is there, so that this clock is never ahead of the database's. */
    private Reading ask() {
        OffsetDateTime now = jdbc.queryForObject("select clock_timestamp()", OffsetDateTime.class);
        return new Reading(TimeUnit.SECONDS.toNanos(now.toEpochSecond()) + now.getNano(), System.nanoTime());
    }

    @Override
    public boolean isWallClockBased() {
        return true;
    }
}
