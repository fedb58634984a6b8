package dev.rowmq.push;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.OutOfMemory;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.queue.QueueService;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the messages of one subscription from the queue, as many as its free workers can deliver, and starts a thread
 * for each call. Its threads are never interrupted, because H2 closes its file when a reading thread is interrupted.
 */
final class SubscriptionWorker {

    private static final Logger log = LoggerFactory.getLogger(SubscriptionWorker.class);

    private static final Duration LONG_POLL = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final Duration LONG_PAUSE = Duration.ofSeconds(1);
    private static final int MAX_TAKEN = 1000;
    /** Expected temporary errors, which are not logged. The worker retries after every error. */
    private static final Set<ErrorCode> PASSING = Set.of(
            ErrorCode.STORE_UNAVAILABLE, ErrorCode.OUTCOME_UNKNOWN, ErrorCode.OVERLOADED, ErrorCode.QUEUE_NOT_FOUND);

    private final Subscription subscription;
    private final QueueService service;
    private final ReceiverCircuitBreaker breaker;
    private final Semaphore free;
    private final WebhookDelivery work;
    private volatile boolean stopped;

    /**
     * @param free has one permit for each worker; calls of an earlier {@link SubscriptionWorker} may hold some of them
     */
    SubscriptionWorker(
            Subscription subscription,
            QueueService service,
            ReceiverCircuitBreaker breaker,
            Semaphore free,
            WebhookDelivery work) {
        this.subscription = subscription;
        this.service = service;
        this.breaker = breaker;
        this.free = free;
        this.work = work;
        Thread.ofVirtual().name("rowmq-push-" + subscription.id()).start(this::take);
    }

    Subscription subscription() {
        return subscription;
    }

    /** Whether this has stopped taking messages because the receiver answered 410. */
    boolean gone() {
        return work.gone();
    }

    /** After {@link #gone}: whether the attempts to disable the subscription have ended, with or without success. */
    boolean noted() {
        return work.noted();
    }

    /** Whether no call is running. */
    boolean idle() {
        return free.availablePermits() >= subscription.settings().workers();
    }

    private boolean wanted() {
        return !stopped && !gone();
    }

    private void take() {
        while (wanted()) {
            try {
                takeOnce();
            } catch (QueueException refusal) {
                if (!PASSING.contains(refusal.code())) {
                    log.error("nothing can be taken for {}: {}", PushSupervisor.named(subscription), refusal.detail());
                }
                pause(LONG_PAUSE);
            } catch (Throwable defect) {
                OutOfMemory.check(defect);
                // any other failure must not end this thread, because no other thread takes the messages
                log.error(
                        "taking messages for {} failed and will be tried again",
                        PushSupervisor.named(subscription),
                        defect);
                pause(LONG_PAUSE);
            }
        }
    }

    private void takeOnce() throws InterruptedException {
        if (!free.tryAcquire(LONG_POLL.toMillis(), TimeUnit.MILLISECONDS)) {
            return;
        }
        int workers = 1 + free.drainPermits();
        int[] started = new int[1];
        boolean mayCall;
        try {
            Optional<ReceiverCircuitBreaker.Permit> permit = breaker.permit();
            mayCall = permit.isPresent();
            permit.ifPresent(given -> dispatch(given, given.probe() ? 1 : workers, started));
        } finally {
            free.release(workers - started[0]);
        }
        if (!mayCall) {
            pause(PAUSE);
        }
    }

    /**
     * Takes messages for at most {@code calls} calls and starts these calls.
     *
     * @param started counts the started calls in its first element
     */
    private void dispatch(ReceiverCircuitBreaker.Permit permit, int calls, int[] started) {
        int batch = subscription.settings().batchSize();
        List<Delivery> taken = List.of();
        try {
            taken = service.receive(
                    subscription, this::wanted, Math.min(calls, MAX_TAKEN / batch) * batch, LONG_POLL, work.lease());
        } finally {
            if (taken.isEmpty()) {
                permit.unused();
            }
        }
        long until = work.begin();
        for (int from = 0; from < taken.size(); from += batch) {
            List<Delivery> messages = List.copyOf(taken.subList(from, Math.min(taken.size(), from + batch)));
            ReceiverCircuitBreaker.Permit own = from == 0 ? permit : permit.another();
            Thread.ofVirtual().name("rowmq-push-" + subscription.id() + "-call").start(() -> {
                try {
                    work.deliver(messages, until, own);
                } finally {
                    own.unused();
                    free.release();
                }
            });
            started[0]++;
        }
    }

    static void pause(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes no more messages, except those that it is claiming at this moment. Running calls continue. */
    void stop() {
        stopped = true;
    }

    /** Cancels the running calls; their messages are given back. */
    void breakOff() {
        work.breakOff();
    }
}
