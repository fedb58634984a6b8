package dev.rowmq.queue.delivery;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.cluster.CommittedState;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.sql.QueueCounters;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    /** Whether anything was committed in any partition since the last call. */
    boolean changed() {
        Map<Integer, Object> last = Map.copyOf(states);
        states.clear();
        for (int n : partitions.up()) {
            try {
                states.put(n, partitions.in(n, committed::ofAll));
            } catch (QueueException down) {
                // the messages of this partition have to wait
            }
        }
        return !states.equals(last);
    }

    /**
     * The queues that have messages ready or in flight; true = some are ready. While a partition does not answer, all
     * queues may have messages.
     */
    Map<Integer, Boolean> withMessages(List<Integer> queueIds) {
        Map<Integer, Boolean> found = new HashMap<>();
        for (int n : partitions.up()) {
            try {
                partitions.in(n, () -> counters.withMessages(queueIds))
                        .forEach((queueId, ready) -> found.merge(queueId, ready, Boolean::logicalOr));
            } catch (QueueException down) {
                // the next call of changed() returns true
                states.remove(n);
                queueIds.forEach(queueId -> found.putIfAbsent(queueId, false));
            }
        }
        return found;
    }
}
