package dev.rowmq.queue;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.storage.StorageSelector;

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
 * Work on many messages of one queue: in sets, one task of a kind and queue at a time on this instance. Who asks waits
 * two seconds for the end, after which the task goes on by itself; a crash ends it, and what was done stays done.
 */
@Component
public class BulkOperations {

    private static final Logger log = LoggerFactory.getLogger(BulkOperations.class);

    private static final int SET = 1000;
    /** Sets in a second of a redrive with a rate. */
    private static final int SETS_PER_SECOND = 10;

    private final StorageSelector storages;
    private final WaitingReceivers waitingReceivers;
    private final Set<String> running = ConcurrentHashMap.newKeySet();

    BulkOperations(StorageSelector storages, WaitingReceivers waitingReceivers) {
        this.storages = storages;
        this.waitingReceivers = waitingReceivers;
    }

    /**
     * How far a task is.
     *
     * @param messages done so far
     * @param running whether it goes on
     */
    public record Progress(long messages, boolean running) {}

    Progress purge(Queue queue) {
        return run("purge", queue, 0, storages.contents(queue).purging(queue));
    }

    Progress redriveAll(Queue queue, OptionalInt messagesPerSecond) {
        int set = Math.clamp(messagesPerSecond.orElse(SETS_PER_SECOND * SET) / SETS_PER_SECOND, 1, SET);
        long pauseMillis = messagesPerSecond.isPresent() ? 1000L * set / messagesPerSecond.getAsInt() : 0;
        AtomicLong left = new AtomicLong(storages.contents(queue).counts(queue).get(QueueCounter.DEAD));
        IntUnaryOperator redriving = storages.contents(queue).redriving(queue);
        return run("redrive", queue, pauseMillis, () -> {
            int most = (int) Math.min(set, left.get());
            int redriven = most <= 0 ? 0 : redriving.applyAsInt(most);
            left.addAndGet(-redriven);
            if (redriven > 0) {
                waitingReceivers.arrived(queue.id(), redriven, true);
            }
            return redriven;
        });
    }

    Progress deleteDeadLetters(Queue queue) {
        IntUnaryOperator deleting = storages.contents(queue).deletingDeadLetters(queue);
        return run("delete of dead letters", queue, 0, () -> deleting.applyAsInt(SET));
    }

    /** @param step does one set and returns how many; 0 = finished */
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
                log.warn("{} broke off after {} messages: {}", task, done, broken.getMessage());
            } finally {
                running.remove(task);
                ended.countDown();
            }
        });
        boolean over = await(ended);
        if (failure.get() != null && done.get() == 0) {
            throw failure.get();
        }
        if (failure.get() != null) {
            throw new QueueException(
                    ErrorCode.OUTCOME_UNKNOWN,
                    "the %s broke off after %d messages, which stay done; repeat it for the rest"
                            .formatted(task, done.get()),
                    failure.get());
        }
        return new Progress(done.get(), !over);
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
