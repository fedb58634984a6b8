package dev.rowmq.queue;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.ReservedMetadata;
import dev.rowmq.model.queue.MoveTask;
import dev.rowmq.model.queue.MoveTask.MoveStatus;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.catalog.QueueScope;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.queue.storage.StorageSelector;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.Lease;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.cluster.MoveTaskStore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Moves the messages of a dead letter queue to the queues from which they came, or to another queue. A task runs in the
 * background; after a crash another instance, or this one after its restart, goes on with it. Each message is moved in
 * one transaction. A task ends when as many messages were moved as were ready when it began, or when none is left.
 */
@Component
public class MessageMoves {

    private static final Logger log = LoggerFactory.getLogger(MessageMoves.class);

    /** Time in which the end of a lease is certainly counted. */
    private static final Duration LEASES_END = Duration.ofSeconds(2);

    private static final int SET_SIZE = 100;
    /** Sets per second of a task with a rate; a rate below this number has one message a set. */
    private static final int SETS_PER_SECOND = 10;
    /** A message that is being moved is no longer than this hidden from receivers if the move fails. */
    private static final Duration LEASE = Duration.ofSeconds(30);
    /** Pause while no message is found: a claim finds one that came back after at most this time. */
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(1_100);
    private static final Duration BETWEEN_FAILURES = Duration.ofSeconds(2);
    private static final int MAX_FAILURES = 15;

    private final MoveTaskStore tasks;
    private final QueueDirectory queues;
    private final StorageSelector storages;
    private final StoreStatus status;
    private final WaitingReceivers waitingReceivers;

    MessageMoves(
            MoveTaskStore tasks,
            QueueDirectory queues,
            StorageSelector storages,
            StoreStatus status,
            WaitingReceivers waitingReceivers) {
        this.tasks = tasks;
        this.queues = queues;
        this.storages = storages;
        this.status = status;
        this.waitingReceivers = waitingReceivers;
    }

    /**
     * Starts a task.
     *
     * @param destination       empty = each message goes to the queue from which it came
     * @param messagesPerSecond 1 or more; empty = no limit
     * @throws QueueException QUEUE_NOT_FOUND; NOT_SUPPORTED for queues in memory; QUEUE_CONFLICT while another task of
     *     the source is active; FORBIDDEN for a queue outside the caller's {@link QueueScope}, and, without a
     *     destination, for any caller who has one
     */
    public MoveTask start(String source, Optional<String> destination, OptionalInt messagesPerSecond) {
        Queue queue = durable(queues.get(source));
        destination.map(queues::get).ifPresentOrElse(
                target -> checkKind(queue, durable(target)),
                () -> QueueScope.requireAll(
                        "the messages may go to any queue from which they came; name a destination"));
        long ready = ready(queue);
        MoveTask task = tasks.start(queue, destination, messagesPerSecond, ready)
                .orElseThrow(() -> new QueueException(
                        ErrorCode.QUEUE_CONFLICT,
                        "a task that moves the messages of '%s' is active; cancel it, or wait until it has ended"
                                .formatted(source)));
        run(task);
        return task;
    }

    /**
     * The number of ready messages. The lease of a message may have ended a moment ago, which the counters show within
     * about a second: a client that has looked at the messages of a dead letter queue often moves them next. So for a
     * queue with messages in flight only, it looks again for up to two seconds.
     */
    private long ready(Queue queue) {
        long deadline = System.nanoTime() + LEASES_END.toNanos();
        while (true) {
            QueueCounts counts = storages.of(queue).counts(queue);
            long ready = counts.get(QueueCounter.READY);
            if (ready > 0 || counts.get(QueueCounter.IN_FLIGHT) <= 0 || System.nanoTime() - deadline > 0) {
                return ready;
            }
            LockSupport.parkNanos(LEASES_END.toNanos() / 20);
        }
    }

    /** Messages of a standard queue may have no group, and those of a FIFO queue would lose their order. */
    private static void checkKind(Queue source, Queue target) {
        if (source.settings().fifo().isPresent() != target.settings().fifo().isPresent()) {
            throw new QueueException(
                    ErrorCode.INVALID_REDRIVE,
                    "only one of '%s' and '%s' is a FIFO queue; choose a destination of the same kind"
                            .formatted(source.name(), target.name()));
        }
    }

    private static Queue durable(Queue queue) {
        if (queue.inMemory()) {
            throw new QueueException(
                    ErrorCode.NOT_SUPPORTED, "queue '%s' is in memory, and has no move tasks".formatted(queue.name()));
        }
        return queue;
    }

    /** The latest tasks of a source, the last first. */
    public List<MoveTask> list(String source, int max) {
        return tasks.list(queues.get(source).name(), max);
    }

    /** Lets a task end after its present messages; returns its state, empty when there is no such running task. */
    public Optional<MoveTask> cancel(String id) {
        return tasks.find(id).filter(task -> QueueScope.allows(task.source())).isPresent() && tasks.cancel(id)
                ? tasks.find(id)
                : Optional.empty();
    }

    /** Goes on with the tasks of instances that are gone; returns their number. */
    public int resume() {
        List<MoveTask> orphans = tasks.adopt();
        orphans.forEach(this::run);
        return orphans.size();
    }

    private void run(MoveTask task) {
        Thread.ofVirtual().name("rowmq-move").start(() -> new Run(task).run());
    }

    /** One run of a task on this instance; it ends when another run has replaced it. */
    private final class Run {

        private final MoveTask task;
        private long moved;
        private int failures;
        private long foundAt = System.nanoTime();

        Run(MoveTask task) {
            this.task = task;
            this.moved = task.moved();
        }

        void run() {
            try {
                while (!waitingReceivers.closed() && goesOn()) {
                    // each step pauses by itself
                }
            } catch (RuntimeException databaseAway) {
                // the task is not at its end, so it is adopted once its database answers
                log.debug("the run of a move from '{}' ended", task.source(), databaseAway);
            }
        }

        /** Moves one set; false = the run has ended. */
        private boolean goesOn() {
            try {
                Optional<MoveTask> present = tasks.progress(task, moved);
                if (present.isEmpty()) {
                    return false;
                }
                if (present.get().status() == MoveStatus.CANCELLING) {
                    return end(MoveStatus.CANCELLED, Optional.empty());
                }
                if (moved >= task.toMove()) {
                    return end(MoveStatus.COMPLETED, Optional.empty());
                }
                long begin = System.nanoTime();
                int done = moveSet();
                failures = 0;
                if (done > 0) {
                    foundAt = System.nanoTime();
                    pauseAfter(done, Duration.ofNanos(foundAt - begin));
                } else if (nothingLeft()) {
                    return end(MoveStatus.COMPLETED, Optional.empty());
                } else {
                    pause(BETWEEN_LOOKS);
                }
            } catch (NoWayBack failure) {
                return end(MoveStatus.FAILED, Optional.of(failure.getMessage()));
            } catch (RuntimeException failure) {
                log.debug("a set of messages from '{}' was not moved", task.source(), failure);
                if (++failures == MAX_FAILURES) {
                    return end(MoveStatus.FAILED, Optional.of(String.valueOf(failure.getMessage())));
                }
                pause(BETWEEN_FAILURES);
            }
            return true;
        }

        private boolean end(MoveStatus how, Optional<String> failure) {
            failure.ifPresent(why -> log.warn("the move of messages from '{}' failed: {}", task.source(), why));
            tasks.end(task, how, moved, failure);
            return false;
        }

        /**
         * Whether the source is empty, or no message was found for so long that one whose lease was lost would have
         * come back. A partition that does not answer may have messages.
         */
        private boolean nothingLeft() {
            QueueCounts counts = storages.of(source()).counts(source());
            boolean empty = counts.get(QueueCounter.READY) + counts.get(QueueCounter.IN_FLIGHT) <= 0;
            boolean longAgo = System.nanoTime() - foundAt > LEASE.multipliedBy(2).toNanos();
            return (empty || longAgo) && !status.partitions().containsValue(false);
        }

        private Queue source() {
            Queue source = queues.get(task.source());
            if (source.id() != task.sourceId()) {
                throw new NoWayBack("queue '%s' was deleted, and created again".formatted(task.source()));
            }
            return source;
        }

        /** Returns the number of messages moved. A message that is not moved is ready again at once. */
        private int moveSet() {
            Queue source = source();
            QueueStorage storage = storages.of(source);
            int max = Math.clamp(
                    task.messagesPerSecond().orElse(SETS_PER_SECOND * SET_SIZE) / SETS_PER_SECOND, 1, SET_SIZE);
            List<Lease> left = new ArrayList<>(
                    storage.claim(source, LEASE, (int) Math.min(max, task.toMove() - moved)).leases());
            Optional<NoWayBack> noWayBack = Optional.empty();
            int done = 0;
            try {
                Map<Lease, DeadLetterTarget.OtherQueue> targets = new LinkedHashMap<>();
                for (Lease lease : left) {
                    try {
                        targets.put(lease, target(lease));
                    } catch (NoWayBack none) {
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
                    task.destination().ifPresent(queues::forget);
                }
            }
            return done;
        }

        /** @throws NoWayBack when there is no durable queue for the message */
        private DeadLetterTarget.OtherQueue target(Lease lease) {
            String name = task.destination()
                    .or(() -> Optional.ofNullable(lease.metadata().get(ReservedMetadata.DEAD_LETTER_QUEUE)))
                    .orElseThrow(() -> new NoWayBack("a message of '%s' came from no other queue; name a destination"
                            .formatted(task.source())));
            Queue queue = queues.find(name)
                    .filter(other -> !other.inMemory())
                    .orElseThrow(() -> new NoWayBack("there is no durable queue '%s'".formatted(name)));
            if (queue.settings().fifo().isPresent() && ReservedMetadata.group(lease.metadata()).isEmpty()) {
                throw new NoWayBack("'%s' is a FIFO queue, and a message has no group".formatted(name));
            }
            return new DeadLetterTarget.OtherQueue(queue.id(), queue.settings(), task.source());
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
                log.debug("messages of '{}' stay leased until their leases end", task.source(), databaseAway);
            }
        }

        /** Keeps to the rate; without one, leaves half of the time to other settlements. */
        private void pauseAfter(int done, Duration took) {
            pause(task.messagesPerSecond().isPresent()
                    ? Duration.ofSeconds(done).dividedBy(task.messagesPerSecond().getAsInt()).minus(took)
                    : took);
        }

        private static void pause(Duration time) {
            LockSupport.parkNanos(Math.max(0, time.toNanos()));
        }
    }

    /** A task cannot go on. */
    private static final class NoWayBack extends RuntimeException {

        NoWayBack(String why) {
            super(why, null, false, false);
        }
    }
}
