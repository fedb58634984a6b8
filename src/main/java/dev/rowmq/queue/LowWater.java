package dev.rowmq.queue;

import dev.rowmq.message.Queue;
import dev.rowmq.message.Refusal;
import dev.rowmq.store.MessageStore.Lease;
import dev.rowmq.store.Upkeep;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Where a walk through the messages of a queue begins, so that it need not pass again and again over what is in flight and
 * over what was removed. Nothing but speed rests on it.
 *
 * <p>A claim begins behind what this instance leased before. Once a second, and when something is known to have come back,
 * it begins at the head instead, as long as such walks take no more than a twentieth of the time. And when even finding the
 * head takes long, because PostgreSQL keeps removed rows for somebody's old snapshot, the head of a moment ago is where the
 * next one is looked for.
 */
@Component
class LowWater {

    private static final Logger log = LoggerFactory.getLogger(LowWater.class);

    private static final long HEAD_EVERY_NANOS = 1_000_000_000;
    private static final long LONG_WALK_NANOS = 10_000_000;

    private static final class Level {

        /** The last position leased. */
        long leased;
        /** No message stands here or before. */
        long gone;
        /** The same as of the last look; not trusted before the next, as an insert may be under way that drew its position earlier. */
        long seen;

        long goneAsOf = System.nanoTime() - HEAD_EVERY_NANOS;
        final Pace fromZero = new Pace(0);
    }

    private static final class Mark {

        final Map<Integer, Level> levels = new HashMap<>();
        final Pace walks = new Pace(0);
        long walkedAt;
        volatile boolean cameBack = true;
        boolean longWalks;

        Level level(int priority) {
            return levels.computeIfAbsent(priority, any -> new Level());
        }
    }

    private final Upkeep upkeep;
    private final Map<Integer, Mark> marks = new ConcurrentHashMap<>();

    LowWater(Upkeep upkeep) {
        this.upkeep = upkeep;
    }

    private Mark mark(int queueId) {
        return marks.computeIfAbsent(queueId, id -> new Mark());
    }

    /** Where a claim begins. @param behind by priority; 0 if not in it @param head whether that is the head of each */
    record Start(Map<Integer, Long> behind, boolean head) {}

    Start begin(Queue queue) {
        Mark mark = mark(queue.id());
        synchronized (mark) {
            Map<Integer, Long> behind = new HashMap<>();
            if (!mark.walks.due() || !mark.cameBack && System.nanoTime() - mark.walkedAt < HEAD_EVERY_NANOS) {
                mark.levels.forEach((priority, level) -> behind.put(priority, level.leased));
                return new Start(behind, false);
            }
            mark.cameBack = false;
            mark.walkedAt = System.nanoTime();
            for (int priority = 0; priority < queue.levels() && mark.longWalks; priority++) {
                behind.put(priority, head(queue.id(), priority));
            }
            return new Start(behind, true);
        }
    }

    /** A position at or before which no message of the level stands, close to its first message; 0 while a walk from there is short. */
    long head(int queueId, int priority) {
        Mark mark = mark(queueId);
        synchronized (mark) {
            Level level = mark.level(priority);
            if (mark.longWalks && System.nanoTime() - level.goneAsOf >= HEAD_EVERY_NANOS) {
                lookForHead(queueId, priority, mark, level);
            }
            return mark.longWalks ? level.gone : 0;
        }
    }

    private void lookForHead(int queueId, int priority, Mark mark, Level level) {
        boolean fromZero = level.fromZero.due();
        long begin = System.nanoTime();
        try {
            long first = upkeep.stretch(queueId, priority, fromZero ? 0 : level.gone, 1)
                    .map(position -> position - 1)
                    .orElse(Math.max(level.gone, level.leased));
            level.gone = Math.min(level.seen, first);
            level.seen = first;
        } catch (Refusal tookTooLong) {
            log.debug("the head of queue {} was not found", queueId, tookTooLong);
        }
        level.goneAsOf = System.nanoTime();
        if (fromZero) {
            level.fromZero.ran(level.goneAsOf - begin);
            mark.longWalks = level.goneAsOf - begin >= LONG_WALK_NANOS / 2;
        }
    }

    /**
     * Notes what a claim found.
     *
     * @param full whether it found as many as it wanted, so that there may be more before the old mark
     */
    void leased(int queueId, List<Lease> leases, boolean full) {
        Mark mark = mark(queueId);
        synchronized (mark) {
            for (Lease lease : leases) {
                Level level = mark.level(lease.key().priority());
                level.leased = full ? lease.key().position() : Math.max(level.leased, lease.key().position());
            }
        }
    }

    /** Notes how long a walk took that began where {@link #head} says. */
    void walkedFromHead(int queueId, long nanos) {
        Mark mark = mark(queueId);
        synchronized (mark) {
            if (nanos >= LONG_WALK_NANOS) {
                mark.longWalks = true;
                mark.walks.ran(nanos);
            }
        }
    }

    /** The next claim begins at the head. */
    void lookFromHead(int queueId) {
        mark(queueId).cameBack = true;
    }
}
