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
 * What a worker does with messages that were taken: leaves out what is processed already, calls the receiver, and
 * settles as that answers. When it ends without a word, so does the messages' lease.
 */
final class WebhookDelivery {

    private static final Logger log = LoggerFactory.getLogger(WebhookDelivery.class);

    private static final Duration PAUSE = Duration.ofMillis(200);
    /** What a lease is longer than a call: to look up what is processed, to find the host, to settle. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    private static final int SETTLE_TRIES = 5;
    private static final Set<SettleResult.Status> UNSETTLED =
            Set.of(SettleResult.Status.UNAVAILABLE, SettleResult.Status.UNKNOWN);

    /** What all subscriptions work with. */
    record Tools(QueueService service, SubscriptionAdmin subscriptions, WebhookClient caller, JsonMapper json) {}

    /**
     * Where it is told how calls went.
     *
     * @param succeeded
     * @param failed how long they took
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

    /** How long messages are taken for. */
    Duration lease() {
        return subscription.settings().timeout().plus(MARGIN);
    }

    /** Whether the receiver answered 410. */
    boolean gone() {
        return gone;
    }

    /** Whether everybody can know that it did. */
    boolean noted() {
        return noted;
    }

    /** Until when calls with messages that were just taken must have begun, so that none outlasts its lease. */
    long begin() {
        return System.nanoTime() + MARGIN.dividedBy(2).toNanos();
    }

    /** @param until a call that did not begin by then is left to whoever gets the messages next */
    void deliver(List<Delivery> messages, long until, ReceiverCircuitBreaker.Permit permit) {
        try {
            List<Delivery> known = tools.service().processedAmong(subscription.queue(), messages);
            List<Delivery> open = messages.stream().filter(one -> !known.contains(one)).toList();
            if (!known.isEmpty()) {
                settle(() -> tools.service().complete(subscription.queue(), known));
            }
            if (open.isEmpty() || System.nanoTime() - until > 0) {
                return;
            }
            if (gone || brokenOff) {
                // taken at the moment when another call was told so, or when the service stopped
                giveBack(
                        open,
                        Duration.ZERO,
                        gone ? "not called, as the receiver is gone" : "not called, as the service stopped");
                return;
            }
            tallies.breaker()
                    .restLeft(permit)
                    .ifPresentOrElse(
                            rest -> giveBack(open, rest, "not called, as the receiver is left alone for a while"),
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
        Runnable[] cancel = {() -> {}};
        WebhookClient.Answer answer;
        try {
            answer = tools.caller()
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
            answer = new WebhookClient.Answer(0, Duration.ZERO, "no call could be made: " + defect);
        } finally {
            running.remove(cancel[0]);
        }
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
            settle(() -> tools.service().complete(subscription.queue(), messages));
        } else {
            failed(messages, answer, permit);
        }
    }

    private void failed(List<Delivery> messages, WebhookClient.Answer answer, ReceiverCircuitBreaker.Permit permit) {
        Duration rest = answer.retryAfter();
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
            } else if (rest.isPositive()) {
                permit.rest(rest);
            } else {
                permit.failed();
            }
        } finally {
            giveBack(messages, rest, answer.error());
        }
    }

    private void giveBack(List<Delivery> messages, Duration atLeast, String error) {
        List<String> receipts = messages.stream().map(Delivery::receipt).toList();
        settle(() -> tools.service().giveBack(subscription.queue(), receipts, atLeast, error));
    }

    /** What is not settled comes again: worth some tries, as to say it twice does no harm. */
    private void settle(Supplier<List<SettleResult>> work) {
        for (int i = 1; ; i++) {
            try {
                if (work.get().stream().anyMatch(one -> UNSETTLED.contains(one.status()))) {
                    throw new QueueException(ErrorCode.STORE_UNAVAILABLE, "a partition does not answer");
                }
                return;
            } catch (RuntimeException notNow) {
                if (i == SETTLE_TRIES || brokenOff) {
                    throw notNow;
                }
                SubscriptionWorker.pause(PAUSE.multipliedBy(1L << i));
            }
        }
    }

    /** Ends the calls that run. */
    void breakOff() {
        brokenOff = true;
        running.forEach(Runnable::run);
    }
}
