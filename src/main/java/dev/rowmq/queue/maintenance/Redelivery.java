package dev.rowmq.queue.maintenance;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.DeadLetterRouting;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.durable.DutyCycle;
import dev.rowmq.queue.durable.LowWaterMarks;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.ScanStep;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.upkeep.Upkeep;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/** Makes delayed messages and messages with an ended lease ready, or dead letters after their last delivery. */
@Component
public class Redelivery {

    private static final long LEASES_EVERY_NANOS = 1_000_000_000;

    private final QueueAdmin queues;
    private final BusyQueues busyQueues;
    private final Upkeep upkeep;
    private final LowWaterMarks lowWaterMarks;
    private final DeadLetterRouting deadLetterRouting;
    private final WaitingReceivers waitingReceivers;
    private final PartitionJobs jobs;
    /** When to look for ended leases next, by partition and queue number. */
    private final Map<Integer, Map<Integer, DutyCycle>> leaseLooks = new ConcurrentHashMap<>();

    Redelivery(
            QueueAdmin queues,
            BusyQueues busyQueues,
            Upkeep upkeep,
            LowWaterMarks lowWaterMarks,
            DeadLetterRouting deadLetterRouting,
            WaitingReceivers waitingReceivers,
            PartitionJobs jobs) {
        this.queues = queues;
        this.busyQueues = busyQueues;
        this.upkeep = upkeep;
        this.lowWaterMarks = lowWaterMarks;
        this.deadLetterRouting = deadLetterRouting;
        this.waitingReceivers = waitingReceivers;
        this.jobs = jobs;
    }

    /** The result of a run: numbers of messages. */
    public record Redelivered(int due, int leasesEnded, int deadLettered) {

        public boolean anything() {
            return due + leasesEnded + deadLettered > 0;
        }
    }

    private Map<Integer, DutyCycle> leaseLooks() {
        return leaseLooks.computeIfAbsent(Partitions.current(), n -> new ConcurrentHashMap<>());
    }

    /** A cheap look whether {@link #redeliver} would find anything; reads only. */
    public boolean anythingToRedeliver() {
        return busyQueues.counts().entrySet().stream()
                .anyMatch(queue -> queue.getValue().get(QueueCounter.IN_FLIGHT) > 0 && leasesAreDue(queue.getKey())
                        || queue.getValue().get(QueueCounter.DELAYED) > 0 && upkeep.anyDue(queue.getKey()));
    }

    /**
     * Ended leases are looked for once a second: a claim finds them by itself, this is for the counts and the dead
     * letters.
     */
    private boolean leasesAreDue(int queueId) {
        return leaseLooks().computeIfAbsent(queueId, id -> new DutyCycle(LEASES_EVERY_NANOS)).due();
    }

    /** Delayed messages that are due become ready; so do those whose lease ended, or they become dead letters. */
    public Redelivered redeliver() {
        Map<Integer, QueueCounts> known = busyQueues.counts();
        List<Queue> live = queues.all();
        int due = 0;
        int ended = 0;
        int dead = 0;
        for (Queue queue : live) {
            QueueCounts of = known.getOrDefault(queue.id(), QueueCounts.ZERO);
            if (of.get(QueueCounter.DELAYED) > 0 && upkeep.anyDue(queue.id())) {
                due += jobs.forQueue(queue, () -> PartitionJobs.scan(0, behind -> wake(queue, upkeep.moveDue(queue.id()))));
            }
            if (of.get(QueueCounter.IN_FLIGHT) > 0 && leasesAreDue(queue.id())) {
                long begin = System.nanoTime();
                boolean any = jobs.forQueue(queue, () -> anyEnded(queue)) > 0;
                // only a look that found nothing was in vain
                leaseLooks().get(queue.id()).ran(any ? 0 : System.nanoTime() - begin);
                if (any) {
                    dead += jobs.forQueue(queue, () -> buryUsedUp(queue));
                    ended += jobs.forQueue(queue, () -> endLeases(queue));
                }
            }
        }
        forgetAllBut(live, known.keySet());
        return new Redelivered(due, ended, dead);
    }

    /** Queues that were deleted still have counts, for a while. */
    private void forgetAllBut(List<Queue> live, Set<Integer> counted) {
        Set<Integer> ids = live.stream().map(Queue::id).collect(Collectors.toSet());
        leaseLooks().keySet().retainAll(counted);
        leaseLooks().forEach((queueId, look) -> {
            if (!ids.contains(queueId)) {
                look.ran(0);
            }
        });
    }

    /**
     * One look for what {@link #buryUsedUp} and {@link #endLeases} would find, as most often there is nothing. Returns
     * in how many levels there is.
     */
    private int anyEnded(Queue queue) {
        lowWaterMarks.lookForHeads(queue);
        int found = 0;
        for (int level = 0; level < queue.levels(); level++) {
            long head = lowWaterMarks.head(queue.id(), level);
            long begin = System.nanoTime();
            try {
                found += upkeep.anyEnded(queue.id(), level, head, queue.settings().maxDeliveries()) ? 1 : 0;
            } finally {
                lowWaterMarks.walked(queue.id(), level, System.nanoTime() - begin);
            }
        }
        return found;
    }

    private int endLeases(Queue queue) {
        int sum = 0;
        for (int level = 0; level < queue.levels(); level++) {
            int priority = level;
            sum += PartitionJobs.scan(lowWaterMarks.head(queue.id(), priority), behind -> wake(
                    queue, upkeep.endLeases(queue.id(), priority, behind, queue.settings().maxDeliveries())));
        }
        return sum;
    }

    /** Wakes receivers after a set: at once, and when what came early is due. */
    private ScanStep wake(Queue queue, ScanStep set) {
        if (set.messages() > 0) {
            waitingReceivers.arrived(queue.id(), set.messages(), true);
            waitingReceivers.arriving(queue.id(), set.messages(), Duration.ofMillis(310));
        }
        return set;
    }

    int buryUsedUp(Queue queue) {
        int most = queue.settings().maxDeliveries();
        int sum = 0;
        for (int level = 0; most > 0 && level < queue.levels(); level++) {
            int priority = level;
            DeadLetterTarget grave = deadLetterRouting.of(queue);
            sum += PartitionJobs.scan(lowWaterMarks.head(queue.id(), priority), behind -> wakeOther(
                    grave, upkeep.buryUsedUp(queue.id(), priority, behind, most, grave)));
        }
        return sum;
    }

    /** Wakes receivers of the queue that took the dead letters. */
    private ScanStep wakeOther(DeadLetterTarget grave, ScanStep set) {
        if (set.messages() > 0 && grave instanceof DeadLetterTarget.OtherQueue other) {
            waitingReceivers.arrived(other.queueId(), set.messages(), false);
        }
        return set;
    }
}
