package dev.rowmq.queue.task;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.edit.DeadLetterEditor.PutBackState;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Lets a redrive begin with one message, then 10, then 100 at a time. After each set it waits until all of its messages
 * are settled, and ends the task when too large a share of all sets became dead letters again. After a crash it begins
 * with one message again.
 */
final class Canary {

    static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

    /** Messages of each set after the first two. */
    private static final int MOST = 100;
    /** Longest wait for the messages of one set. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final double maxDeadShare;
    private List<MessageKey> watched = List.of();
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

    void redriven(List<MessageKey> keys) {
        watched = keys;
        since = System.nanoTime();
    }

    /**
     * Whether redriven messages are still to be waited for.
     *
     * @throws TaskFailure when too many became dead letters again, or some were not settled within ten minutes
     */
    boolean watches(Function<MessageKey, PutBackState> stateOf) {
        if (watched.isEmpty()) {
            return false;
        }
        List<MessageKey> waiting = new ArrayList<>();
        for (MessageKey key : watched) {
            switch (stateOf.apply(key)) {
                case WAITING -> waiting.add(key);
                case SETTLED -> settled++;
                case DEAD_AGAIN -> dead++;
            }
        }
        watched = waiting;
        if (dead > maxDeadShare * (settled + dead)) {
            throw new TaskFailure("%d of %d redriven messages became dead letters again; allowed is a share of %s"
                    .formatted(dead, settled + dead, maxDeadShare));
        }
        if (watched.isEmpty()) {
            set = Math.min(set * 10, MOST);
            return false;
        }
        if (System.nanoTime() - since > PATIENCE.toNanos()) {
            throw new TaskFailure("%d redriven messages were not settled within %d minutes; look whether the queue is"
                    .formatted(watched.size(), PATIENCE.toMinutes()) + " received from, and start the task again");
        }
        return true;
    }
}
