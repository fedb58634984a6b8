package dev.rowmq.store;

import io.github.bucket4j.TimeMeter;

import java.time.OffsetDateTime;
import java.util.concurrent.TimeUnit;

import org.springframework.jdbc.core.JdbcTemplate;

/** The database's clock, known to a few milliseconds without asking it each time: all instances measure rates by it. */
final class DatabaseClock implements TimeMeter {

    private static final long ASK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** The database's time, in nanoseconds since 1970, at a moment of {@link System#nanoTime}. */
    private record Reading(long databaseNanos, long at) {}

    private final JdbcTemplate jdbc;
    private volatile Reading last;

    DatabaseClock(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public long currentTimeNanos() {
        Reading reading = last;
        if (reading == null || System.nanoTime() - reading.at() > ASK_EVERY_NANOS) {
            reading = ask();
            last = reading;
        }
        return reading.databaseNanos() + (System.nanoTime() - reading.at());
    }

    private Reading ask() {
        long before = System.nanoTime();
        OffsetDateTime now = jdbc.queryForObject("select clock_timestamp()", OffsetDateTime.class);
        long nanos = TimeUnit.SECONDS.toNanos(now.toEpochSecond()) + now.getNano();
        return new Reading(nanos, before + (System.nanoTime() - before) / 2);
    }

    @Override
    public boolean isWallClockBased() {
        return true;
    }
}
