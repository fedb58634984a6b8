package dev.rowmq.queue.task;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.ReservedMetadata;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.task.MessageTask;
import dev.rowmq.model.task.TaskProgress;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.Lease;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves all ready messages of a queue to another one, or back to the queues from which they came. It takes them as a
 * receiver does, so those of a FIFO queue keep their order. Each message is moved in one transaction. The task ends
 * when as many messages were moved as were ready when it began, or when none is left.
 */
final class MoveAllWork implements TaskWork {

    private static final Logger log = LoggerFactory.getLogger(MoveAllWork.class);

    private static final int SET_SIZE = 100;
    /** A message that is being moved is no longer than this hidden from receivers if the move fails. */
    private static final Duration LEASE = Duration.ofSeconds(30);
    /** Pause while no message is found: a claim finds one that came back after at most this time. */
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(1_100);

    private final MessageTask task;
    private final TaskQueues queues;
    private final QueueDirectory directory;
    private final WaitingReceivers waitingReceivers;
    private long moved;
    private long foundAt = System.nanoTime();

    MoveAllWork(MessageTask task, TaskQueues queues, QueueDirectory directory, WaitingReceivers waitingReceivers) {
        this.task = task;
        this.queues = queues;
        this.directory = directory;
        this.waitingReceivers = waitingReceivers;
        this.moved = task.progress().done();
    }

    @Override
    public TaskProgress progress() {
        return new TaskProgress(moved, moved, Optional.empty());
    }

    @Override
    public TaskStep next() {
        if (moved >= task.total()) {
            return new TaskStep(progress(), true, Duration.ZERO);
        }
        long begin = System.nanoTime();
        int done = moveSet();
        if (done > 0) {
            foundAt = System.nanoTime();
            return new TaskStep(progress(), false, Pace.after(task.plan(), done, Duration.ofNanos(foundAt - begin)));
        }
        return new TaskStep(progress(), nothingLeft(), BETWEEN_LOOKS);
    }

    /**
     * Whether the queue is empty, or no message was found for so long that one whose lease was lost would have come
     * back. A partition that does not answer may have messages.
     */
    private boolean nothingLeft() {
        Queue source = queues.of(task);
        QueueCounts counts = queues.storage(source).counts(source);
        boolean empty = counts.get(QueueCounter.READY) + counts.get(QueueCounter.IN_FLIGHT) <= 0;
        boolean longAgo = System.nanoTime() - foundAt > LEASE.multipliedBy(2).toNanos();
        return (empty || longAgo) && queues.allAnswer();
    }

    /** Returns the number of messages moved. A message that is not moved is ready again at once. */
    private int moveSet() {
        Queue source = queues.of(task);
        QueueStorage storage = queues.storage(source);
        int max = (int) Math.min(Pace.set(task.plan(), SET_SIZE), task.total() - moved);
        List<Lease> left = new ArrayList<>(storage.claim(source, LEASE, max).leases());
        Optional<TaskFailure> noWayBack = Optional.empty();
        int done = 0;
        try {
            Map<Lease, DeadLetterTarget.OtherQueue> targets = new LinkedHashMap<>();
            for (Lease lease : left) {
                try {
                    targets.put(lease, target(lease));
                } catch (TaskFailure none) {
                    noWayBack = Optional.of(none);
                }
            }
            done = move(storage, targets, left);
        } finally {
            giveBack(storage, source, left);
        }
        moved += done;
        if (noWayBack.isPresent()) {
            throw noWayBack.get();
        }
        if (!left.isEmpty()) {
            throw new IllegalStateException("%d messages could not be moved".formatted(left.size()));
        }
        return done;
    }

    /** Removes the leases of the moved messages from {@code left}. */
    private int move(QueueStorage storage, Map<Lease, DeadLetterTarget.OtherQueue> targets, List<Lease> left) {
        if (targets.isEmpty()) {
            return 0;
        }
        List<Lease> leases = List.copyOf(targets.keySet());
        List<SettleOutcome> outcomes = storage.settle(leases.stream()
                .<Settlement>map(lease -> new Settlement.Move(lease.key(), lease.token(), targets.get(lease)))
                .toList());
        int done = 0;
        for (int i = 0; i < outcomes.size(); i++) {
            if (outcomes.get(i) instanceof SettleOutcome.Done) {
                done++;
                left.remove(leases.get(i));
                waitingReceivers.arrived(targets.get(leases.get(i)).queueId(), 1, false);
            } else {
                // its destination may have been deleted elsewhere
                task.plan().destination().ifPresent(directory::forget);
            }
        }
        return done;
    }

    /** @throws TaskFailure when there is no durable queue for the message */
    private DeadLetterTarget.OtherQueue target(Lease lease) {
        String name = task.plan()
                .destination()
                .or(() -> Optional.ofNullable(lease.metadata().get(ReservedMetadata.DEAD_LETTER_QUEUE)))
                .orElseThrow(() -> new TaskFailure("a message of '%s' came from no other queue; name a destination"
                        .formatted(task.queue())));
        DeadLetterTarget.OtherQueue target = queues.target(name, task.queue());
        if (target.settings().fifo().isPresent() && ReservedMetadata.group(lease.metadata()).isEmpty()) {
            throw new TaskFailure("'%s' is a FIFO queue, and a message has no group".formatted(name));
        }
        return target;
    }

    /** The leases end by themselves if this fails. */
    private void giveBack(QueueStorage storage, Queue source, List<Lease> leases) {
        if (leases.isEmpty()) {
            return;
        }
        try {
            storage.settle(leases.stream()
                    .<Settlement>map(lease -> new Settlement.TakeBack(lease.key(), lease.token()))
                    .toList());
            waitingReceivers.arrived(source.id(), leases.size(), true);
        } catch (QueueException databaseAway) {
            log.debug("messages of '{}' stay leased until their leases end", task.queue(), databaseAway);
        }
    }
}
