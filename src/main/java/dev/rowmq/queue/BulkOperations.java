package dev.rowmq.queue;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.durable.MessageQueries;
import dev.rowmq.queue.storage.StorageSelector;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Operations on dead letters and on all messages of a queue. The latter run in sets, one operation of a kind and queue
 * at a time on this instance. A call returns after at most two seconds, while the operation continues in the
 * background. A crash ends the operation; its finished sets stay.
 */
@Component
public class BulkOperations {

    private static final Logger log = LoggerFactory.getLogger(BulkOperations.class);

    private static final int SET_SIZE = 1000;
    /** Maximum sets per second of a redrive with a rate; a rate below this number has one message per set. */
    private static final int SETS_PER_SECOND = 10;

    private final QueueDirectory queues;
    private final StorageSelector storages;
    private final WaitingReceivers waitingReceivers;
    private final Set<String> running = ConcurrentHashMap.newKeySet();

    BulkOperations(QueueDirectory queues, StorageSelector storages, WaitingReceivers waitingReceivers) {
        this.queues = queues;
        this.storages = storages;
        this.waitingReceivers = waitingReceivers;
    }

    /**
     * The progress of an operation.
     *
     * @param messages processed so far
     * @param running whether it continues
     */
    public record Progress(long messages, boolean running) {}

    Progress purge(String name) {
        Queue queue = queues.get(name);
        return run("purge", queue, 0, storages.of(queue).purging(queue));
    }

    List<String> redrive(String name, List<String> ids) {
        Queue queue = queues.get(name);
        List<String> redriven = storages.of(queue).redrive(queue, ids);
        if (!redriven.isEmpty()) {
            waitingReceivers.arrived(queue.id(), redriven.size(), true);
        }
        return redriven;
    }

    Progress redriveAll(String name, OptionalInt messagesPerSecond) {
        Queue queue = queues.get(name);
        int set = Math.clamp(messagesPerSecond.orElse(SETS_PER_SECOND * SET_SIZE) / SETS_PER_SECOND, 1, SET_SIZE);
        long pauseMillis = messagesPerSecond.isPresent() ? 1000L * set / messagesPerSecond.getAsInt() : 0;
        AtomicLong left = new AtomicLong(storages.of(queue).counts(queue).get(QueueCounter.DEAD));
        IntUnaryOperator redriving = storages.of(queue).redriving(queue);
        return run("redrive", queue, pauseMillis, () -> {
            int max = (int) Math.min(set, left.get());
            int redriven = max <= 0 ? 0 : redriving.applyAsInt(max);
            left.addAndGet(-redriven);
            if (redriven > 0) {
                waitingReceivers.arrived(queue.id(), redriven, true);
            }
            return redriven;
        });
    }

    void deleteDeadLetter(String name, String id) {
        Queue queue = queues.get(name);
        if (!storages.of(queue).deleteDeadLetter(queue, id)) {
            throw MessageQueries.notFound(queue, id, "dead letter");
        }
    }

    Progress deleteDeadLetters(String name) {
        Queue queue = queues.get(name);
        IntUnaryOperator deleting = storages.of(queue).deletingDeadLetters(queue);
        return run("delete of dead letters", queue, 0, () -> deleting.applyAsInt(SET_SIZE));
    }

    /** @param step processes one set and returns its number of messages; 0 = finished */
    private Progress run(String kind, Queue queue, long pauseMillis, IntSupplier step) {
        String task = kind + " of queue '" + queue.name() + "'";
        if (!running.add(task)) {
            throw new QueueException(ErrorCode.QUEUE_CONFLICT, "a " + task + " is running; wait until it has ended");
        }
        AtomicLong done = new AtomicLong();
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        CountDownLatch ended = new CountDownLatch(1);
        Thread.ofVirtual().name("rowmq-" + kind).start(() -> {
            try {
                work(step, pauseMillis, done);
            } catch (RuntimeException broken) {
                failure.set(broken);
                log.warn("{} stopped after {} messages: {}", task, done, broken.getMessage());
            } finally {
                running.remove(task);
                ended.countDown();
            }
        });
        boolean finished = await(ended);
        if (failure.get() != null && done.get() == 0) {
            throw failure.get();
        }
        if (failure.get() != null) {
            throw new QueueException(
                    ErrorCode.OUTCOME_UNKNOWN,
                    "the %s stopped after %d messages, which are done; repeat it for the remaining messages"
                            .formatted(task, done.get()),
                    failure.get());
        }
        return new Progress(done.get(), !finished);
    }

    private void work(IntSupplier step, long pauseMillis, AtomicLong done) {
        for (int set = step.getAsInt(); set > 0 && !waitingReceivers.closed(); set = step.getAsInt()) {
            done.addAndGet(set);
            LockSupport.parkNanos(pauseMillis * 1_000_000);
        }
    }

    private static boolean await(CountDownLatch ended) {
        try {
            return ended.await(2, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
