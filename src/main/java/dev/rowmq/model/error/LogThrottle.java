package dev.rowmq.model.error;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Limits the log lines of an event that may happen thousands of times a second: the first event is logged at once, then
 * one line is logged per interval.
 */
public final class LogThrottle {

    private final long intervalNanos;
    private final LongSupplier nanos;
    private long lastLine;
    private long since;

    public LogThrottle(Duration interval) {
        this(interval, System::nanoTime);
    }

    /** @param nanos a monotonic clock in nanoseconds, as {@link System#nanoTime} */
    LogThrottle(Duration interval, LongSupplier nanos) {
        this.intervalNanos = interval.toNanos();
        this.nanos = nanos;
        this.lastLine = nanos.getAsLong() - intervalNanos;
    }

    /**
     * Records one event.
     *
     * @return the number of events that the log line to be written now represents; 0 = no line is due
     */
    public synchronized long event() {
        since++;
        if (nanos.getAsLong() - lastLine < intervalNanos) {
            return 0;
        }
        lastLine = nanos.getAsLong();
        long events = since;
        since = 0;
        return events;
    }
}
