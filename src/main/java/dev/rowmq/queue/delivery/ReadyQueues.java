package dev.rowmq.queue.delivery;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.sql.QueueCounters;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.springframework.stereotype.Component;

/** Finds the queues that hold messages in any partition, by one statement per partition for many queues. */
@Component
class ReadyQueues {

    private final QueueCounters counters;
    private final Partitions partitions;

    ReadyQueues(QueueCounters counters, Partitions partitions) {
        this.counters = counters;
        this.partitions = partitions;
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
                // the messages of this partition have to wait
            }
        }
        return found;
    }
}
