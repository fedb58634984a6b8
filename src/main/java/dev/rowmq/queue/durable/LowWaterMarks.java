package dev.rowmq.queue.durable;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.upkeep.Upkeep;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The positions at which scans through the messages of a queue begin, so that they need not pass messages in flight and
 * removed rows again and again. They affect only speed.
 *
 * <p>A claim begins after the messages that this instance leased before. Once a second, and after a report of messages
 * that came back, it begins at the head instead, as long as such scans take at most a twentieth of the time. Finding
 * the head takes long, too, while PostgreSQL keeps removed rows for an old snapshot of another session. The next head
 * is then searched from the last one. Messages inserted below it meanwhile are found by a search from zero, which may
 * also take a twentieth of the time.
 */
@Component
public class LowWaterMarks {

    private static final Logger log = LoggerFactory.getLogger(LowWaterMarks.class);

    private static final long HEAD_INTERVAL_NANOS = 1_000_000_000;
    private static final long LONG_SCAN_NANOS = 10_000_000;

    private static final class LevelMark {

        /** The last position leased. */
        long leased;
        /** At the last search no message had this position or a lower one. */
        long head;
        /**
         * The result of the last search. It limits {@link #head} until the next search, except after the first: a slow
         * insert may have drawn a lower position earlier.
         */
        long lastFound = Long.MAX_VALUE;

        boolean longScans;
        final DutyCycle searches = new DutyCycle(HEAD_INTERVAL_NANOS);
        final DutyCycle searchesFromZero = new DutyCycle(0);
    }

    private static final class Mark {

        final Map<Integer, LevelMark> levels = new HashMap<>();
        final DutyCycle headScans = new DutyCycle(0);
        final AtomicBoolean searching = new AtomicBoolean();
        long scannedAt;
        volatile boolean cameBack = true;

        LevelMark level(int priority) {
            return levels.computeIfAbsent(priority, any -> new LevelMark());
        }
    }

    private final Upkeep upkeep;
    private final Partitions partitions;
    private final Map<QueueKey, Mark> marks = new ConcurrentHashMap<>();

    LowWaterMarks(Upkeep upkeep, Partitions partitions) {
        this.upkeep = upkeep;
        this.partitions = partitions;
    }

    /** Each partition has its own positions. */
    private record QueueKey(int queueId, int partition) {}

    private Mark mark(int queueId) {
        return marks.computeIfAbsent(new QueueKey(queueId, Partitions.current()), id -> new Mark());
    }

    /**
     * The start of a claim.
     *
     * @param after the position after which the claim begins, by priority
     * @param head   whether these positions are the heads
     * @param headDue when a message came back and these positions are not the heads, because scans from there take
     *     long: the time after which a claim begins at the head again; else 0s
     */
    public record Start(Map<Integer, Long> after, boolean head, Duration headDue) {

        static final Start EVERYWHERE = new Start(Map.of(), false, Duration.ZERO);
    }

    /** Which claims begin at the head. */
    public enum HeadStart {
        /** A claim once a second, and the next one after messages came back. */
        WHEN_DUE,
        /** This one. */
        NOW
    }

    /** @param headStart with {@code NOW} a claim still begins after the mark while scans from the head take too long */
    public Start begin(Queue queue, HeadStart headStart) {
        Mark mark = mark(queue.id());
        boolean head;
        Duration headDue;
        synchronized (mark) {
            boolean wanted = headStart == HeadStart.NOW
                    || mark.cameBack
                    || System.nanoTime() - mark.scannedAt >= HEAD_INTERVAL_NANOS;
            head = wanted && mark.headScans.due();
            if (head) {
                mark.cameBack = false;
                mark.scannedAt = System.nanoTime();
            }
            headDue = mark.cameBack ? Duration.ofNanos(mark.headScans.pauseLeft() + 1) : Duration.ZERO;
        }
        if (head) {
            lookForHeads(queue);
        }
        synchronized (mark) {
            Map<Integer, Long> after = new HashMap<>();
            for (int priority = 0; priority < queue.levels(); priority++) {
                LevelMark level = mark.level(priority);
                after.put(priority, head ? headOf(level) : Math.max(level.leased, headOf(level)));
            }
            return new Start(after, head, headDue);
        }
    }

    /** A claim that was to begin at the head was not made: the next one does. */
    public void notClaimed(int queueId) {
        mark(queueId).cameBack = true;
    }

    /** Whether messages of the queue came back in the current partition, and no claim began at its head since. */
    public boolean cameBack(int queueId) {
        return mark(queueId).cameBack;
    }

    private static long headOf(LevelMark level) {
        return level.longScans ? level.head : 0;
    }

    /**
     * A position such that no message of the level had it or a lower one a moment ago; 0 while scans from there are
     * short.
     */
    public long head(int queueId, int priority) {
        Mark mark = mark(queueId);
        synchronized (mark) {
            return headOf(mark.level(priority));
        }
    }

    /** Searches the heads of the levels in which scans take long, if a search is due. */
    public void lookForHeads(Queue queue) {
        Mark mark = mark(queue.id());
        if (!mark.searching.compareAndSet(false, true)) {
            return;
        }
        try {
            for (int priority = 0; priority < queue.levels(); priority++) {
                LevelMark level;
                boolean fromZero;
                synchronized (mark) {
                    level = mark.level(priority);
                    fromZero = level.searchesFromZero.due();
                    if (!level.longScans || !level.searches.due() || level.head == 0 && !fromZero) {
                        continue;
                    }
                }
                searchHead(queue.id(), priority, mark, level, fromZero);
            }
        } finally {
            mark.searching.set(false);
        }
    }

    private void searchHead(int queueId, int priority, Mark mark, LevelMark level, boolean fromZero) {
        long begin = System.nanoTime();
        boolean found = false;
        long first;
        try {
            first = upkeep.head(queueId, priority, fromZero ? 0 : level.head);
            found = true;
        } catch (QueueException tookTooLong) {
            log.debug("the head of queue {} was not found", queueId, tookTooLong);
            first = leasedSoFar(queueId);
        }
        long nanos = System.nanoTime() - begin;
        synchronized (mark) {
            level.searches.ran(nanos);
            if (fromZero) {
                level.searchesFromZero.ran(nanos);
                level.longScans = nanos >= LONG_SCAN_NANOS / 2;
            }
            if (found) {
                level.head = Math.min(level.lastFound, first);
                level.lastFound = first;
            } else {
                // the next claim at least finds the messages that were never leased
                level.leased = Math.max(level.leased, first);
            }
        }
    }

    private long leasedSoFar(int queueId) {
        try {
            return upkeep.claimedTo(queueId);
        } catch (QueueException databaseAway) {
            return 0;
        }
    }

    /**
     * Records the result of a claim.
     *
     * @param full whether the claim found as many messages as it wanted, so that there may be more before the old mark
     */
    public void leased(int queueId, List<Lease> leases, boolean full) {
        Mark mark = mark(queueId);
        synchronized (mark) {
            for (Lease lease : leases) {
                LevelMark level = mark.level(lease.key().priority());
                level.leased = full ? lease.key().position() : Math.max(level.leased, lease.key().position());
            }
        }
    }

    /** Records the duration of a claim that began at the head, whether it found messages, found none or failed. */
    public void claimedFromHead(Queue queue, long nanos) {
        Mark mark = mark(queue.id());
        synchronized (mark) {
            if (nanos >= LONG_SCAN_NANOS) {
                mark.headScans.ran(nanos);
            }
        }
        for (int priority = 0; priority < queue.levels(); priority++) {
            walked(queue.id(), priority, nanos);
        }
    }

    /** Records the duration of a scan that began at {@link #head}. */
    public void walked(int queueId, int priority, long nanos) {
        if (nanos >= LONG_SCAN_NANOS) {
            Mark mark = mark(queueId);
            synchronized (mark) {
                mark.level(priority).longScans = true;
            }
        }
    }

    /** Lets the next claim begin at the head, in every partition. */
    public void lookFromHead(int queueId) {
        for (int n = 0; n < partitions.count(); n++) {
            Mark mark = marks.get(new QueueKey(queueId, n));
            if (mark != null) {
                mark.cameBack = true;
            }
        }
    }
}
