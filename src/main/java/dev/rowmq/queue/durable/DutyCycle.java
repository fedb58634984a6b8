package dev.rowmq.queue.durable;

/**
 * Keeps work that is often long from taking more than a twentieth of the time: after each run it rests for twenty times
 * as long as the shorter of the last two took, and never for less than a given time. One run that took long because the
 * machine was busy, or was the first, makes nobody wait. For one thread at a time.
 */
public final class DutyCycle {

    private static final int REST_PER_RUN = 20;

    private final long leastRestNanos;
    private long notBefore = System.nanoTime();
    private long runBefore;

    public DutyCycle(long leastRestNanos) {
        this.leastRestNanos = leastRestNanos;
    }

    public boolean due() {
        return System.nanoTime() - notBefore >= 0;
    }

    /** Notes a run that has ended now. */
    public void ran(long nanos) {
        notBefore = System.nanoTime() + Math.max(leastRestNanos, REST_PER_RUN * Math.min(nanos, runBefore));
        runBefore = nanos;
    }
}
