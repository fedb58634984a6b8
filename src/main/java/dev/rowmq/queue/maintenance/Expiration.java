package dev.rowmq.queue.maintenance;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.delivery.MessageExpiry;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/** Removes messages in the second in which they expire. */
@Component
public class Expiration {

    private final QueueAdmin queues;
    private final BusyQueues busyQueues;
    private final MessageExpiry expiry;
    private final PartitionJobs jobs;

    Expiration(QueueAdmin queues, BusyQueues busyQueues, MessageExpiry expiry, PartitionJobs jobs) {
        this.queues = queues;
        this.busyQueues = busyQueues;
        this.expiry = expiry;
        this.jobs = jobs;
    }

    /** Whether {@link #expire} may find messages: a cheap check, without a statement while all queues are empty. */
    public boolean anythingExpired() {
        Collection<QueueCounts> busy = busyQueues.counts().values();
        return !busy.isEmpty()
                && (busy.stream().anyMatch(counts -> counts.get(QueueCounter.READY) > 0) || expiry.anyDue());
    }

    /** Expires the messages that are due. Returns their number. */
    public int expire() {
        List<Queue> live = queues.all();
        Map<Integer, QueueCounts> counts = busyQueues.counts();
        AtomicInteger own = new AtomicInteger();
        jobs.isolated("expiry", () -> PartitionJobs.repeat(() -> expiry.expireDue(live, own)));
        int expired = own.get();
        expiry.forgetAllBut(live.stream().map(Queue::id).collect(Collectors.toSet()));
        for (Queue queue : live) {
            if (counts.getOrDefault(queue.id(), QueueCounts.ZERO).get(QueueCounter.READY) > 0) {
                expired += jobs.forQueue(queue, () -> expiry.expireHeads(queue, false));
            }
        }
        return expired;
    }
}
