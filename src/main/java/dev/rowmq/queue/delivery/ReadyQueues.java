package dev.rowmq.queue.delivery;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.sql.QueueCounters;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.springframework.stereotype.Component;

/** Which queues hold messages, in any partition, by one statement for many queues. */
@Component
class ReadyQueues {

    private final QueueCounters counters;
    private final Partitions partitions;

    ReadyQueues(QueueCounters counters, Partitions partitions) {
        this.counters = counters;
        this.partitions = partitions;
    }

    /**
     * Those of the queues that have messages ready.
     *
     * @param inFlight whether those with messages in flight count as well
     */
    Set<Integer> withMessages(List<Integer> queueIds, boolean inFlight) {
        Set<Integer> found = new HashSet<>();
        for (int n : partitions.up()) {
            try {
                found.addAll(partitions.in(n, () -> counters.withMessages(queueIds, inFlight)));
            } catch (QueueException down) {
                // its messages have to wait
            }
        }
        return found;
    }
}
