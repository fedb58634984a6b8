package dev.rowmq.queue.durable;

/**
 * Limits work that often takes long to about a twentieth of the time: after each run it pauses for twenty times the
 * shorter duration of the last two runs, and at least for a given time. A single run that took long because the machine
 * was busy, or because it was the first, causes no long pause. For one thread at a time.
 */
public final class DutyCycle {

    private static final int PAUSE_PER_RUN = 20;

    private final long minPauseNanos;
    private long notBefore = System.nanoTime();
    private long lastRunNanos;

    public DutyCycle(long leastRestNanos) {
        this.minPauseNanos = leastRestNanos;
    }

    public boolean due() {
        return System.nanoTime() - notBefore >= 0;
    }

    /** Nanoseconds until a run is due; 0 = it is. */
    public long pauseLeft() {
        return Math.max(0, notBefore - System.nanoTime());
    }

    /** Records a run that has just ended. */
    public void ran(long nanos) {
        notBefore = System.nanoTime() + Math.max(minPauseNanos, PAUSE_PER_RUN * Math.min(nanos, lastRunNanos));
        lastRunNanos = nanos;
    }
}
