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

    private static final long FIFO_INTERVAL_NANOS = 10_000_000_000L;
    private static final long LEASE_INTERVAL_NANOS = 1_000_000_000;

    private final QueueAdmin queues;
    private final BusyQueues busyQueues;
    private final Upkeep upkeep;
    private final LowWaterMarks lowWaterMarks;
    private final DeadLetterRouting deadLetterRouting;
    private final WaitingReceivers waitingReceivers;
    private final PartitionJobs jobs;
    /** When to search ended leases next, by partition and queue number. */
    private final Map<Integer, Map<Integer, DutyCycle>> leaseSearches = new ConcurrentHashMap<>();

    private final DutyCycle fifoSearches = new DutyCycle(FIFO_INTERVAL_NANOS);
    private Set<Integer> limitedFifo = Set.of();

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

    private Map<Integer, DutyCycle> leaseSearches() {
        return leaseSearches.computeIfAbsent(Partitions.current(), n -> new ConcurrentHashMap<>());
    }

    /** Whether {@link #redeliver} may find messages: a cheap check that only reads. */
    public boolean anythingToRedeliver() {
        return busyQueues.counts().entrySet().stream()
                .anyMatch(queue -> (queue.getValue().get(QueueCounter.IN_FLIGHT) > 0
                                || queue.getValue().get(QueueCounter.READY) > 0
                                        && limitedFifoQueues().contains(queue.getKey()))
                                && leasesAreDue(queue.getKey())
                        || queue.getValue().get(QueueCounter.DELAYED) > 0 && upkeep.anyDue(queue.getKey()));
    }

    /** The FIFO queues with a limit of deliveries, as they were at most ten seconds ago. */
    private synchronized Set<Integer> limitedFifoQueues() {
        if (fifoSearches.due()) {
            long begin = System.nanoTime();
            limitedFifo = queues.all().stream()
                    .filter(Redelivery::isLimitedFifo)
                    .map(Queue::id)
                    .collect(Collectors.toSet());
            fifoSearches.ran(System.nanoTime() - begin);
        }
        return limitedFifo;
    }

    private static boolean isLimitedFifo(Queue queue) {
        return queue.settings().fifo().isPresent() && queue.settings().maxDeliveries() > 0;
    }

    /**
     * Ended leases are searched at most once a second, for the counts and the dead letters. A claim finds ended leases
     * by itself.
     */
    private boolean leasesAreDue(int queueId) {
        return leaseSearches().computeIfAbsent(queueId, id -> new DutyCycle(LEASE_INTERVAL_NANOS)).due();
    }

    /**
     * Whether leases may have ended. In a FIFO queue a message that may not be delivered again holds its group back,
     * and is to be found also when nothing is in flight.
     */
    private static boolean mayHaveEnded(Queue queue, QueueCounts counts) {
        return counts.get(QueueCounter.IN_FLIGHT) > 0
                || isLimitedFifo(queue) && counts.get(QueueCounter.READY) > 0;
    }

    /** Makes due delayed messages ready. Messages whose lease ended become ready or dead letters. */
    public Redelivered redeliver() {
        Map<Integer, QueueCounts> counts = busyQueues.counts();
        List<Queue> live = queues.all();
        int due = 0;
        int ended = 0;
        int dead = 0;
        for (Queue queue : live) {
            QueueCounts queueCounts = counts.getOrDefault(queue.id(), QueueCounts.ZERO);
            if (queueCounts.get(QueueCounter.DELAYED) > 0 && upkeep.anyDue(queue.id())) {
                due += jobs.forQueue(
                        queue, () -> PartitionJobs.scan(0, after -> wake(queue, upkeep.moveDue(queue.id()))));
            }
            if (mayHaveEnded(queue, queueCounts) && leasesAreDue(queue.id())) {
                long begin = System.nanoTime();
                boolean any = jobs.forQueue(queue, () -> anyEnded(queue)) > 0;
                // the duration of a search counts only if it found nothing
                leaseSearches().get(queue.id()).ran(any ? 0 : System.nanoTime() - begin);
                if (any) {
                    dead += jobs.forQueue(queue, () -> deadLetterUsedUp(queue));
                    ended += jobs.forQueue(queue, () -> endLeases(queue));
                }
            }
        }
        forgetAllBut(live, counts.keySet());
        return new Redelivered(due, ended, dead);
    }

    /** A deleted queue still has counts for a while. Its next search is postponed, so that it does not start a run. */
    private void forgetAllBut(List<Queue> live, Set<Integer> counted) {
        Set<Integer> ids = live.stream().map(Queue::id).collect(Collectors.toSet());
        leaseSearches().keySet().retainAll(counted);
        leaseSearches().forEach((queueId, search) -> {
            if (!ids.contains(queueId)) {
                search.ran(0);
            }
        });
    }

    /**
     * One search for the messages of {@link #deadLetterUsedUp} and {@link #endLeases}, as there are none in most cases.
     * Returns the number of levels that have any.
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
            sum += PartitionJobs.scan(lowWaterMarks.head(queue.id(), priority), after -> wake(
                    queue, upkeep.endLeases(queue.id(), priority, after, queue.settings().maxDeliveries())));
        }
        return sum;
    }

    /** Wakes receivers at once, and again after 310 ms: a delayed message is moved up to 300 ms before it is due. */
    private ScanStep wake(Queue queue, ScanStep set) {
        if (set.messages() > 0) {
            waitingReceivers.arrived(queue.id(), set.messages(), true);
            waitingReceivers.arriving(queue.id(), set.messages(), Duration.ofMillis(310));
        }
        return set;
    }

    int deadLetterUsedUp(Queue queue) {
        int maxDeliveries = queue.settings().maxDeliveries();
        int sum = 0;
        for (int level = 0; maxDeliveries > 0 && level < queue.levels(); level++) {
            int priority = level;
            DeadLetterTarget target = deadLetterRouting.of(queue);
            sum += PartitionJobs.scan(lowWaterMarks.head(queue.id(), priority), after -> wakeOther(
                    target, upkeep.deadLetterUsedUp(queue.id(), priority, after, maxDeliveries, target)));
        }
        return sum;
    }

    /** Wakes receivers of the queue that got the dead letters. */
    private ScanStep wakeOther(DeadLetterTarget target, ScanStep set) {
        if (set.messages() > 0 && target instanceof DeadLetterTarget.OtherQueue other) {
            waitingReceivers.arrived(other.queueId(), set.messages(), false);
        }
        return set;
    }
}
