package dev.rowmq.queue.durable;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.upkeep.Upkeep;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Where a walk through the messages of a queue begins, so that it need not pass again and again over what is in flight
 * and over what was removed. Nothing but speed rests on it.
 *
 * <p>A claim begins behind what this instance leased before. Once a second, and when something is known to have come
 * back, it begins at the head instead, as long as such walks take no more than a twentieth of the time. And when even
 * finding the head takes long, because PostgreSQL keeps removed rows for somebody's old snapshot, the head of a moment
 * ago is where the next one is looked for; what was put below it meanwhile is found by a look from zero, which again
 * may take a twentieth of the time.
 */
@Component
public class LowWaterMarks {

    private static final Logger log = LoggerFactory.getLogger(LowWaterMarks.class);

    private static final long HEAD_EVERY_NANOS = 1_000_000_000;
    private static final long LONG_WALK_NANOS = 10_000_000;

    private static final class Level {

        /** The last position leased. */
        long leased;
        /** At the last look no message stood here or before. */
        long gone;
        /**
         * The same as of the last look but not yet trusted, the first one apart: an insert may be slow that drew its
         * position earlier.
         */
        long seen = Long.MAX_VALUE;

        boolean longWalks;
        final DutyCycle looks = new DutyCycle(HEAD_EVERY_NANOS);
        final DutyCycle looksFromZero = new DutyCycle(0);
    }

    private static final class Mark {

        final Map<Integer, Level> levels = new HashMap<>();
        final DutyCycle walks = new DutyCycle(0);
        final AtomicBoolean looking = new AtomicBoolean();
        long walkedAt;
        volatile boolean cameBack = true;

        Level level(int priority) {
            return levels.computeIfAbsent(priority, any -> new Level());
        }
    }

    private final Upkeep upkeep;
    private final Partitions partitions;
    private final Map<Place, Mark> marks = new ConcurrentHashMap<>();

    LowWaterMarks(Upkeep upkeep, Partitions partitions) {
        this.upkeep = upkeep;
        this.partitions = partitions;
    }

    /** Each partition has positions of its own. */
    private record Place(int queueId, int partition) {}

    private Mark mark(int queueId) {
        return marks.computeIfAbsent(new Place(queueId, Partitions.current()), id -> new Mark());
    }

    /**
     * Where a claim begins.
     *
     * @param behind by priority
     * @param head whether that is the head of each
     */
    public record Start(Map<Integer, Long> behind, boolean head) {}

    public Start begin(Queue queue) {
        Mark mark = mark(queue.id());
        boolean head;
        synchronized (mark) {
            head = mark.walks.due() && (mark.cameBack || System.nanoTime() - mark.walkedAt >= HEAD_EVERY_NANOS);
            if (head) {
                mark.cameBack = false;
                mark.walkedAt = System.nanoTime();
            }
        }
        if (head) {
            lookForHeads(queue);
        }
        synchronized (mark) {
            Map<Integer, Long> behind = new HashMap<>();
            for (int priority = 0; priority < queue.levels(); priority++) {
                Level level = mark.level(priority);
                behind.put(priority, head ? known(level) : Math.max(level.leased, known(level)));
            }
            return new Start(behind, head);
        }
    }

    private static long known(Level level) {
        return level.longWalks ? level.gone : 0;
    }

    /** A position at or before which no message of the level stood a moment ago; 0 while a walk from there is short. */
    public long head(int queueId, int priority) {
        Mark mark = mark(queueId);
        synchronized (mark) {
            return known(mark.level(priority));
        }
    }

    /** Looks for the heads of those levels in which walks are long, if it is time to. */
    public void lookForHeads(Queue queue) {
        Mark mark = mark(queue.id());
        if (!mark.looking.compareAndSet(false, true)) {
            return;
        }
        try {
            for (int priority = 0; priority < queue.levels(); priority++) {
                Level level;
                boolean fromZero;
                synchronized (mark) {
                    level = mark.level(priority);
                    fromZero = level.looksFromZero.due();
                    if (!level.longWalks || !level.looks.due() || level.gone == 0 && !fromZero) {
                        continue;
                    }
                }
                look(queue.id(), priority, mark, level, fromZero);
            }
        } finally {
            mark.looking.set(false);
        }
    }

    private void look(int queueId, int priority, Mark mark, Level level, boolean fromZero) {
        long begin = System.nanoTime();
        boolean found = false;
        long first;
        try {
            first = upkeep.head(queueId, priority, fromZero ? 0 : level.gone);
            found = true;
        } catch (QueueException tookTooLong) {
            log.debug("the head of queue {} was not found", queueId, tookTooLong);
            first = leasedSoFar(queueId);
        }
        long nanos = System.nanoTime() - begin;
        synchronized (mark) {
            level.looks.ran(nanos);
            if (fromZero) {
                level.looksFromZero.ran(nanos);
                level.longWalks = nanos >= LONG_WALK_NANOS / 2;
            }
            if (found) {
                level.gone = Math.min(level.seen, first);
                level.seen = first;
            } else {
                // better than nothing: what was never leased
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
     * Notes what a claim found.
     *
     * @param full whether it found as many as it wanted, so that there may be more before the old mark
     */
    public void leased(int queueId, List<Lease> leases, boolean full) {
        Mark mark = mark(queueId);
        synchronized (mark) {
            for (Lease lease : leases) {
                Level level = mark.level(lease.key().priority());
                level.leased = full ? lease.key().position() : Math.max(level.leased, lease.key().position());
            }
        }
    }

    /** Notes how long a claim took that began at the head, whether it found anything or failed. */
    public void claimedFromHead(Queue queue, long nanos) {
        Mark mark = mark(queue.id());
        synchronized (mark) {
            if (nanos >= LONG_WALK_NANOS) {
                mark.walks.ran(nanos);
            }
        }
        for (int priority = 0; priority < queue.levels(); priority++) {
            walked(queue.id(), priority, nanos);
        }
    }

    /** Notes how long a walk took that began where {@link #head} says. */
    public void walked(int queueId, int priority, long nanos) {
        if (nanos >= LONG_WALK_NANOS) {
            Mark mark = mark(queueId);
            synchronized (mark) {
                mark.level(priority).longWalks = true;
            }
        }
    }

    /** The next claim begins at the head, in every partition. */
    public void lookFromHead(int queueId) {
        for (int n = 0; n < partitions.count(); n++) {
            Mark mark = marks.get(new Place(queueId, n));
            if (mark != null) {
                mark.cameBack = true;
            }
        }
    }
}
