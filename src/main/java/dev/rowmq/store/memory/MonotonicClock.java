package dev.rowmq.store.memory;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The time of day at the start, plus the time elapsed since then. It never jumps. */
final class MonotonicClock {

    private final Instant start = Instant.now();
    private final long startNanos = System.nanoTime();

    /** In microseconds, the precision of the databases. */
    Instant now() {
        return start.plusNanos(System.nanoTime() - startNanos).truncatedTo(ChronoUnit.MICROS);
    }
}
