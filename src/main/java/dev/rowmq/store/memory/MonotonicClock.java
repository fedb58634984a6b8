package dev.rowmq.store.memory;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The time of day at the start, and from then on what has passed: it never jumps. */
final class MonotonicClock {

    private final Instant start = Instant.now();
    private final long startNanos = System.nanoTime();

    /** To the microsecond, as the databases have it. */
    Instant now() {
        return start.plusNanos(System.nanoTime() - startNanos).truncatedTo(ChronoUnit.MICROS);
    }
}
