package dev.rowmq.queue;

import dev.rowmq.store.MessageStore.Lease;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.stereotype.Component;

/**
 * How far from the head of a queue this instance leased already, so that a claim need not walk over what is in flight
 * again and again. Once a second, and when something is known to have come back, a claim walks from the head. Nothing but
 * speed rests on it.
 */
@Component
class LowWater {

    private static final long HEAD_EVERY_NANOS = 1_000_000_000;

    private static final class Mark {

        final Map<Integer, Long> behind = new HashMap<>();
        long lookedAtHead;
        boolean cameBack = true;
    }

    private final Map<Integer, Mark> marks = new ConcurrentHashMap<>();

    /** Where the next claim begins, by priority; empty = at the head of each. */
    Map<Integer, Long> begin(int queueId) {
        Mark mark = marks.computeIfAbsent(queueId, id -> new Mark());
        synchronized (mark) {
            long now = System.nanoTime();
            if (mark.cameBack || now - mark.lookedAtHead > HEAD_EVERY_NANOS) {
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
