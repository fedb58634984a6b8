package dev.rowmq.queue.delivery;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.cluster.CommittedState;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.sql.QueueCounters;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.springframework.stereotype.Component;

/**
 * Finds the queues that hold messages in any partition, by one statement per partition for many queues. Used by one
 * thread.
 */
@Component
class ReadyQueues {

    private final QueueCounters counters;
    private final Partitions partitions;

    private final CommittedState committed;
    /** The state of each partition at the last look, by partition number; none for one that did not answer. */
    private final Map<Integer, Object> states = new HashMap<>();

    ReadyQueues(QueueCounters counters, Partitions partitions, CommittedState committed) {
        this.counters = counters;
        this.partitions = partitions;
        this.committed = committed;
    }

    /** Whether anything was committed in any partition since the last call; true also while one does not answer. */
    boolean changed() {
        Map<Integer, Object> last = Map.copyOf(states);
        states.clear();
        boolean answered = true;
        for (int n : partitions.up()) {
            try {
                states.put(n, partitions.in(n, committed::ofAll));
            } catch (QueueException down) {
                answered = false;
            }
        }
        return !answered || !states.equals(last);
    }

    /**
     * The queues that have ready messages.
     *
     * @param inFlight whether queues with messages in flight are included
     */
    Set<Integer> withMessages(List<Integer> queueIds, boolean inFlight) {
        Set<Integer> found = new HashSet<>();
        for (int n : partitions.up()) {
            try {
                found.addAll(partitions.in(n, () -> counters.withMessages(queueIds, inFlight)));
            } catch (QueueException down) {
                // the messages of this partition have to wait; the next call of changed() returns true
                states.remove(n);
            }
        }
        return found;
    }
}
