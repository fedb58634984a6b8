package dev.rowmq.model.error;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Thins out log lines for something that may happen thousands of times a second: the first one at once, then one each
 * interval.
 */
public final class LogThrottle {

    private final long intervalNanos;
    private final LongSupplier nanos;
    private long lastLine;
    private long since;

    public LogThrottle(Duration interval) {
        this(interval, System::nanoTime);
    }

    /** @param nanos a clock as {@link System#nanoTime} */
    LogThrottle(Duration interval, LongSupplier nanos) {
        this.intervalNanos = interval.toNanos();
        this.nanos = nanos;
        this.lastLine = nanos.getAsLong() - intervalNanos;
    }

    /**
     * Notes one event.
     *
     * @return how many events the line stands for that is to be written now; 0 = no line is due
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
