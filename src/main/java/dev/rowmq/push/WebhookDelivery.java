package dev.rowmq.push;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.DeliveryReport;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.SettleResult;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.subscription.SubscriptionAdmin;

import io.micrometer.core.instrument.Timer;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import tools.jackson.databind.json.JsonMapper;

/**
 * Delivers claimed messages: acks those that are already processed, calls the receiver with the others, and settles
 * them according to its answer. When a delivery fails before that, the lease of its messages ends and they are
 * delivered again.
 */
final class WebhookDelivery {

    private static final Logger log = LoggerFactory.getLogger(WebhookDelivery.class);

    private static final Duration PAUSE = Duration.ofMillis(200);
    /** Difference between lease and call timeout: time to look up processed ids, to resolve the host and to settle. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    private static final int TRIES = 5;
    private static final Set<SettleResult.Status> UNSETTLED =
            Set.of(SettleResult.Status.UNAVAILABLE, SettleResult.Status.UNKNOWN);

    /** Services that all subscriptions share. */
    record Tools(QueueService service, SubscriptionAdmin subscriptions, WebhookClient caller, JsonMapper json) {}

    /**
     * Where the outcomes of calls are recorded.
     *
     * @param succeeded durations of successful calls
     * @param failed    durations of failed calls
     */
    record Tallies(AttemptLog attempts, ReceiverCircuitBreaker breaker, Timer succeeded, Timer failed) {}

    private final Subscription subscription;
    private final Tools tools;
    private final Tallies tallies;
    private final Set<Runnable> running = ConcurrentHashMap.newKeySet();
    private volatile boolean gone;
    private volatile boolean noted;
    private volatile boolean brokenOff;

    WebhookDelivery(Subscription subscription, Tools tools, Tallies tallies) {
        this.subscription = subscription;
        this.tools = tools;
        this.tallies = tallies;
    }

    /** Length of the lease of claimed messages. */
    Duration lease() {
        return subscription.settings().timeout().plus(MARGIN);
    }

    /** Whether the receiver answered 410. */
    boolean gone() {
        return gone;
    }

    /** Whether the attempts to disable the subscription after a 410 have ended, with or without success. */
    boolean noted() {
        return noted;
    }

    /**
     * Deadline, by {@link System#nanoTime}, by which the calls with messages claimed just now must begin, so that no
     * call outlasts the lease.
     */
    long begin() {
        return System.nanoTime() + MARGIN.dividedBy(2).toNanos();
    }

    /**
     * @param until deadline by {@link System#nanoTime}; a call that has not begun by then is not made, and its messages
     *     are delivered again after their lease
     */
    void deliver(List<Delivery> messages, long until, ReceiverCircuitBreaker.Permit permit) {
        try {
            List<Delivery> known = insist(() -> tools.service().processedAmong(subscription.queue(), messages));
            List<Delivery> open = messages.stream().filter(one -> !known.contains(one)).toList();
            if (!known.isEmpty()) {
                settle(() -> tools.service().ackAndRecord(subscription.queue(), known));
            }
            if (open.isEmpty() || System.nanoTime() - until > 0) {
                return;
            }
            if (gone || brokenOff) {
                // claimed while another call received the 410, or while the service was stopping
                giveBack(
                        open,
                        Duration.ZERO,
                        gone ? "not called, as the receiver is disabled" : "not called, as the service stopped");
                return;
            }
            tallies.breaker()
                    .restLeft(permit)
                    .ifPresentOrElse(
                            pause -> giveBack(open, pause, "not called, as the receiver is left alone for a while"),
                            () -> call(open, permit));
        } catch (Throwable failure) {
            log.atLevel(QueueException.isDatabaseFault(failure) ? Level.DEBUG : Level.WARN).log(
                    "a delivery for {} failed, its messages come again after {}: {}",
                    PushSupervisor.named(subscription),
                    lease(),
                    failure.toString());
        }
    }

    private void call(List<Delivery> messages, ReceiverCircuitBreaker.Permit permit) {
        Instant now = Instant.now();
        long begin = System.nanoTime();
        WebhookAnswer answer = answer(messages, now);
        if (brokenOff && !answer.success()) {
            giveBack(messages, Duration.ZERO, "the service stopped during the call");
            return;
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        (answer.success() ? tallies.succeeded() : tallies.failed()).record(took);
        tallies.attempts()
                .add(new DeliveryReport.Attempt(
                        now,
                        messages.getFirst().id(),
                        messages.size(),
                        answer.status(),
                        took.toMillis(),
                        answer.error()));
        if (answer.success()) {
            permit.succeeded();
            settle(() -> tools.service().ackAndRecord(subscription.queue(), messages));
        } else {
            failed(messages, answer, permit);
        }
    }

    /** Makes the call, which {@link #breakOff} can cancel. */
    private WebhookAnswer answer(List<Delivery> messages, Instant now) {
        Runnable[] cancel = {() -> {}};
        try {
            return tools.caller()
                    .call(
                            subscription.settings().url(),
                            WebhookRequest.of(subscription, messages, now, tools.json()),
                            subscription.settings().timeout(),
                            end -> {
                                running.add(cancel[0] = end);
                                if (brokenOff) {
                                    end.run();
                                }
                            });
        } catch (RuntimeException defect) {
            return new WebhookAnswer(0, Duration.ZERO, "no call could be made: " + defect);
        } finally {
            running.remove(cancel[0]);
        }
    }

    private void failed(List<Delivery> messages, WebhookAnswer answer, ReceiverCircuitBreaker.Permit permit) {
        Duration pause = answer.retryAfter();
        try {
            if (answer.status() == 410) {
                gone = true;
                log.warn(
                        "{} is disabled: its receiver answered 410, resume it or give it another url",
                        PushSupervisor.named(subscription));
                try {
                    settle(() -> {
                        tools.subscriptions().disable(subscription, answer.error());
                        return List.of();
                    });
                } finally {
                    noted = true;
                }
            } else if (pause.isPositive()) {
                permit.pause(pause);
            } else {
                permit.failed();
            }
        } finally {
            giveBack(messages, pause, answer.error());
        }
    }

    private void giveBack(List<Delivery> messages, Duration atLeast, String error) {
        List<String> receipts = messages.stream().map(Delivery::receipt).toList();
        settle(() -> tools.service().giveBack(subscription.queue(), receipts, atLeast, error));
    }

    private void settle(Supplier<List<SettleResult>> work) {
        insist(() -> {
            if (work.get().stream().anyMatch(one -> UNSETTLED.contains(one.status()))) {
                throw new QueueException(ErrorCode.STORE_UNAVAILABLE, "a partition does not answer");
            }
            return null;
        });
    }

    /**
     * Retries with an increasing delay, since the messages of a failed step are not delivered again before their lease
     * ends. The step may be repeated without harm.
     */
    private <T> T insist(Supplier<T> step) {
        for (int i = 1; ; i++) {
            try {
                return step.get();
            } catch (RuntimeException notNow) {
                if (i == TRIES || brokenOff) {
                    throw notNow;
                }
                SubscriptionWorker.pause(PAUSE.multipliedBy(1L << i));
            }
        }
    }

    /** Cancels the running calls. */
    void breakOff() {
        brokenOff = true;
        running.forEach(Runnable::run);
    }
}
