package dev.rowmq.queue;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.ReservedMetadata;
import dev.rowmq.model.queue.MoveTask;
import dev.rowmq.model.queue.MoveTask.MoveStatus;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.queue.storage.QueueStorage.Claimed;
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
 * one transaction. A task ends when as many messages were moved as were ready when it began, or none is left.
 */
@Component
public class MessageMoves {

    private static final Logger log = LoggerFactory.getLogger(MessageMoves.class);

    private static final int SET_SIZE = 100;
    /** Sets per second of a task with a rate; a rate below this number has one message a set. */
    private static final int SETS_PER_SECOND = 10;
    /** A message that is being moved is no longer than this hidden from receivers if the move fails. */
    private static final Duration LEASE = Duration.ofSeconds(30);
    /** A claim finds a message that came back after at most this time. */
    private static final Duration LAST_LOOK = Duration.ofMillis(1_100);
    private static final Duration BETWEEN_FAILURES = Duration.ofSeconds(2);

    private final MoveTaskStore tasks;
    private final QueueDirectory queues;
    private final StorageSelector storages;
    private final WaitingReceivers waitingReceivers;

    MessageMoves(
            MoveTaskStore tasks, QueueDirectory queues, StorageSelector storages, WaitingReceivers waitingReceivers) {
        this.tasks = tasks;
        this.queues = queues;
        this.storages = storages;
        this.waitingReceivers = waitingReceivers;
    }

    /**
     * Starts a task.
     *
     * @param destination       empty = each message goes to the queue from which it came
     * @param messagesPerSecond 1 or more; empty = no limit
     * @throws QueueException QUEUE_NOT_FOUND; NOT_SUPPORTED for queues in memory; QUEUE_CONFLICT while another task of
     *     the source is active
     */
    public MoveTask start(String source, Optional<String> destination, OptionalInt messagesPerSecond) {
        Queue queue = durable(queues.get(source));
        destination.map(queues::get).ifPresent(MessageMoves::durable);
        long ready = storages.of(queue).counts(queue).get(QueueCounter.READY);
        MoveTask task = tasks.start(source, destination, messagesPerSecond, ready)
                .orElseThrow(() -> new QueueException(
                        ErrorCode.QUEUE_CONFLICT,
                        "a task that moves the messages of '%s' is active; cancel it, or wait until it has ended"
                                .formatted(source)));
        run(task);
        return task;
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
        return tasks.cancel(id) ? tasks.find(id) : Optional.empty();
    }

    /** Goes on with the tasks of instances that are gone; returns their number. */
    public int resume() {
        tasks.forget();
        List<MoveTask> orphans = tasks.adopt();
        orphans.forEach(this::run);
        return orphans.size();
    }

    private void run(MoveTask task) {
        Thread.ofVirtual().name("rowmq-move").start(() -> new Run(task).run());
    }

    /** One task on this instance. */
    private final class Run {

        private final MoveTask task;
        private long moved;

        Run(MoveTask task) {
            this.task = task;
            this.moved = task.moved();
        }

        /** While the database does not answer, the task waits. */
        void run() {
            boolean lastLook = false;
            while (!waitingReceivers.closed()) {
                try {
                    Optional<MoveStatus> end = end();
                    if (end.isPresent()) {
                        tasks.end(task.id(), end.get(), moved, Optional.empty());
                        return;
                    }
                    int set = moveSet();
                    if (set == 0 && lastLook) {
                        tasks.end(task.id(), MoveStatus.COMPLETED, moved, Optional.empty());
                        return;
                    }
                    lastLook = set == 0;
                    pause(set == 0 ? LAST_LOOK : Duration.ofSeconds(set).dividedBy(rate(set)));
                } catch (QueueException failure) {
                    if (!failure.databaseFault() && failure.code() != ErrorCode.OVERLOADED) {
                        log.warn("the move of messages from '{}' failed: {}", task.source(), failure.getMessage());
                        tasks.end(task.id(), MoveStatus.FAILED, moved, Optional.of(failure.detail()));
                        return;
                    }
                    pause(BETWEEN_FAILURES);
                }
            }
        }

        private int rate(int set) {
            return task.messagesPerSecond().orElse(set * 1000);
        }

        /** Why the task ends now; empty = it goes on. */
        private Optional<MoveStatus> end() {
            MoveStatus status = tasks.progress(task.id(), moved).map(MoveTask::status).orElse(MoveStatus.CANCELLED);
            return switch (status) {
                case RUNNING -> moved >= task.toMove() ? Optional.of(MoveStatus.COMPLETED) : Optional.empty();
                case CANCELLING -> Optional.of(MoveStatus.CANCELLED);
                case CANCELLED, COMPLETED, FAILED -> Optional.of(status);
            };
        }

        private int moveSet() {
            Queue source = queues.get(task.source());
            QueueStorage storage = storages.of(source);
            int max = Math.clamp(
                    task.messagesPerSecond().orElse(SETS_PER_SECOND * SET_SIZE) / SETS_PER_SECOND, 1, SET_SIZE);
            Claimed claimed = storage.claim(source, LEASE, (int) Math.min(max, task.toMove() - moved));
            if (claimed.leases().isEmpty()) {
                return 0;
            }
            Map<Lease, DeadLetterTarget.OtherQueue> targets = new LinkedHashMap<>();
            try {
                claimed.leases().forEach(lease -> targets.put(lease, target(lease)));
            } catch (QueueException noTarget) {
                giveBack(storage, claimed.leases());
                throw noTarget;
            }
            List<Settlement> moves = new ArrayList<>();
            targets.forEach((lease, target) -> moves.add(new Settlement.Move(lease.key(), lease.token(), target)));
            List<SettleOutcome> outcomes = storage.settle(moves);
            int done = (int) outcomes.stream().filter(SettleOutcome.Done.class::isInstance).count();
            moved += done;
            targets.values().stream().map(DeadLetterTarget.OtherQueue::queueId).distinct()
                    .forEach(id -> waitingReceivers.arrived(id, done, false));
            return Math.max(1, done);
        }

        private DeadLetterTarget.OtherQueue target(Lease lease) {
            String name = task.destination()
                    .or(() -> Optional.ofNullable(lease.metadata().get(ReservedMetadata.DEAD_LETTER_QUEUE)))
                    .orElseThrow(() -> new QueueException(
                            ErrorCode.INVALID_REDRIVE,
                            "a message of '%s' came from no other queue; name a destination".formatted(task.source())));
            Queue queue = durable(queues.get(name));
            return new DeadLetterTarget.OtherQueue(queue.id(), queue.settings(), task.source());
        }

        private void giveBack(QueueStorage storage, List<Lease> leases) {
            storage.settle(leases.stream()
                    .<Settlement>map(lease -> new Settlement.TakeBack(lease.key(), lease.token()))
                    .toList());
        }

        private static void pause(Duration time) {
            LockSupport.parkNanos(time.toNanos());
        }
    }
}
