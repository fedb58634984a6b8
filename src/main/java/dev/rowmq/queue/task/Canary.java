package dev.rowmq.queue.task;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Lets a redrive begin with one message, then 10, then 100 at a time. Each time it waits for what becomes of them, and
 * ends the task when too large a share became dead letters again. After a crash it begins with one message again.
 */
final class Canary {

    static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

    /** Messages that are redriven at once after the first sets. */
    private static final int MOST = 100;
    /** A message that is not settled by then is no longer waited for. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** What became of a redriven message. */
    enum Fate {
        WAITS,
        SETTLED,
        DEAD
    }

    private final double maxDeadShare;
    private final Set<String> watched = ConcurrentHashMap.newKeySet();
    private int set = 1;
    private long since;
    private int settled;
    private int dead;

    /** @param maxDeadShare above 0 to 1 */
    Canary(double maxDeadShare) {
        this.maxDeadShare = maxDeadShare;
    }

    /** Messages that may be redriven now. */
    int set() {
        return set;
    }

    void redriven(List<String> ids) {
        watched.addAll(ids);
        since = System.nanoTime();
    }

    /**
     * Whether the fate of redriven messages is still to be waited for.
     *
     * @throws TaskFailure when too many became dead letters again, or none was settled in ten minutes
     */
    boolean watches(Function<String, Fate> fate) {
        if (watched.isEmpty()) {
            return false;
        }
        for (String id : List.copyOf(watched)) {
            Fate found = fate.apply(id);
            if (found != Fate.WAITS) {
                watched.remove(id);
                settled += found == Fate.SETTLED ? 1 : 0;
                dead += found == Fate.DEAD ? 1 : 0;
            }
        }
        if (dead > maxDeadShare * (settled + dead)) {
            throw new TaskFailure("%d of %d redriven messages became dead letters again; allowed is a share of %s"
                    .formatted(dead, settled + dead, maxDeadShare));
        }
        if (!watched.isEmpty() && System.nanoTime() - since < PATIENCE.toNanos()) {
            return true;
        }
        if (settled + dead == 0) {
            throw new TaskFailure("%d redriven messages were not settled within %d minutes; does anybody receive?"
                    .formatted(watched.size(), PATIENCE.toMinutes()));
        }
        watched.clear();
        set = Math.min(set * 10, MOST);
        return false;
    }
}
