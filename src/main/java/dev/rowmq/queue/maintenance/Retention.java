package dev.rowmq.queue.maintenance;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.durable.DeadLetterQueries;
import dev.rowmq.store.sql.QueueCounters;

import java.util.Map;

import org.springframework.stereotype.Component;

/** Removes expired messages and old dead letters, and makes dead letters of messages after their last delivery. */
@Component
public class Retention {

    private final QueueAdmin queues;
    private final QueueCounters counters;
    private final ExpiryScan expiryScan;
    private final Redelivery redelivery;
    private final DeadLetterQueries deadLetters;
    private final PartitionJobs jobs;

    Retention(
            QueueAdmin queues,
            QueueCounters counters,
            ExpiryScan expiryScan,
            Redelivery redelivery,
            DeadLetterQueries deadLetters,
            PartitionJobs jobs) {
        this.queues = queues;
        this.counters = counters;
        this.expiryScan = expiryScan;
        this.redelivery = redelivery;
        this.deadLetters = deadLetters;
        this.jobs = jobs;
    }

    /** The result of a run: numbers of messages. */
    public record Removed(int expired, int deadLetters) {}

    public Removed run() {
        Map<Integer, QueueCounts> counts = counters.all();
        int expired = 0;
        int letters = 0;
        for (Queue queue : queues.all()) {
            QueueCounts held = counts.getOrDefault(queue.id(), QueueCounts.ZERO);
            if (held.get(QueueCounter.READY) + held.get(QueueCounter.DELAYED) + held.get(QueueCounter.IN_FLIGHT) != 0) {
                for (int level = 0; level < queue.levels(); level++) {
                    int priority = level;
                    expired += jobs.forQueue(queue, () -> expiryScan.expire(queue, priority));
                }
                jobs.forQueue(queue, () -> redelivery.deadLetterUsedUp(queue));
            }
            if (held.get(QueueCounter.DEAD) != 0) {
                letters += jobs.forQueue(queue, () -> PartitionJobs.repeat(() -> deadLetters.deleteOld(queue)));
            }
        }
        return new Removed(expired, letters);
    }
}
