package dev.rowmq.queue;

import dev.rowmq.store.MessageStore.Lease;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.stereotype.Component;

/**
 * How far from the head of a queue this instance leased already, so that a claim need not walk over what is in flight
 * again and again. Once a second, and when something is known to have come back, a claim walks from the head; but when that
 * takes long, because many are in flight or an old snapshot keeps PostgreSQL from removing dead rows, no more than a tenth of
 * the time goes into it. Nothing but speed rests on it.
 */
@Component
class LowWater {

    private static final long HEAD_EVERY_NANOS = 1_000_000_000;
    private static final long LONG_WALK_NANOS = 5_000_000;
    private static final int PAUSE_PER_WALK = 10;

    private static final class Mark {

        final Map<Integer, Long> behind = new HashMap<>();
        long lookedAtHead;
        long notBefore = Long.MIN_VALUE;
        boolean cameBack = true;
    }

    private final Map<Integer, Mark> marks = new ConcurrentHashMap<>();

    /** Where the next claim begins, by priority; empty = at the head of each. */
    Map<Integer, Long> begin(int queueId) {
        Mark mark = marks.computeIfAbsent(queueId, id -> new Mark());
        synchronized (mark) {
            long now = System.nanoTime();
            if ((mark.cameBack || now - mark.lookedAtHead > HEAD_EVERY_NANOS)
                    && (mark.notBefore == Long.MIN_VALUE || now - mark.notBefore >= 0)) {
                mark.cameBack = false;
                mark.lookedAtHead = now;
                return Map.of();
            }
            return Map.copyOf(mark.behind);
        }
    }

    /**
     * Notes what a claim found.
     *
     * @param full whether it found as many as it wanted, so that there may be more before the old mark
     */
    void leased(int queueId, List<Lease> leases, boolean full) {
        Mark mark = marks.computeIfAbsent(queueId, id -> new Mark());
        synchronized (mark) {
            for (Lease lease : leases) {
                mark.behind.merge(
                        lease.key().priority(),
                        lease.key().position(),
                        (before, now) -> full ? now : Math.max(before, now));
            }
        }
    }

    /** Notes how long a claim from the head took. */
    void lookedFromHead(int queueId, long nanos) {
        Mark mark = marks.computeIfAbsent(queueId, id -> new Mark());
        synchronized (mark) {
            mark.notBefore = nanos < LONG_WALK_NANOS ? Long.MIN_VALUE : System.nanoTime() + PAUSE_PER_WALK * nanos;
        }
    }

    /** The next claim begins at the head. */
    void lookFromHead(int queueId) {
        Mark mark = marks.get(queueId);
        if (mark != null) {
            synchronized (mark) {
                mark.cameBack = true;
            }
        }
    }
}
