package dev.rowmq.push;

import dev.rowmq.message.Delivery;
import dev.rowmq.message.PushReport;
import dev.rowmq.message.Refusal;
import dev.rowmq.message.Subscription;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.Subscriptions;

import io.micrometer.core.instrument.Timer;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import tools.jackson.databind.json.JsonMapper;

/**
 * Delivers the messages of one subscription on this instance: one thread takes them from the queue, as many as there are
 * workers free, and each call has a thread of its own. Whatever ends a call without a word, its messages' lease ends too.
 */
final class Deliverer {

    private static final Logger log = LoggerFactory.getLogger(Deliverer.class);

    private static final Duration LONG_POLL = Duration.ofSeconds(20);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_REST = Duration.ofDays(1);
    /** What a lease is longer than a call: to look up what is processed, to find the host, to settle. */
    private static final Duration MARGIN = Duration.ofSeconds(10);
    private static final int SETTLE_TRIES = 5;

    /** What deliverers work with, and where they tell how it went. */
    record Tools(QueueService service, Subscriptions subscriptions, Caller caller, JsonMapper json) {}

    /** What is kept when a subscription gets other settings. @param succeeded @param failed how long calls took */
    record Record(Attempts attempts, Breaker breaker, Timer succeeded, Timer failed) {}

    private final Subscription subscription;
    private final Tools tools;
    private final Record record;
    private final Duration lease;
    private final Semaphore free;
    private final Set<Runnable> running = ConcurrentHashMap.newKeySet();
    private final Thread taker;
    private volatile boolean stopped;

    Deliverer(Subscription subscription, Tools tools, Record record) {
        this.subscription = subscription;
        this.tools = tools;
        this.record = record;
        this.lease = subscription.settings().timeout().plus(MARGIN);
        this.free = new Semaphore(subscription.settings().workers());
        this.taker = Thread.ofVirtual().name("rowmq-push-" + subscription.id()).start(this::take);
    }

    Subscription subscription() {
        return subscription;
    }

    /** Whether it takes nothing more, by {@link #stop} or because its receiver answered 410. */
    boolean stopped() {
        return stopped;
    }

    /** Whether no call runs. */
    boolean idle() {
        return free.availablePermits() == subscription.settings().workers();
    }

    private void take() {
        while (!stopped) {
            try {
                takeOnce();
            } catch (InterruptedException stop) {
                return;
            } catch (Refusal notNow) {
                log.debug("nothing was taken for {}", this, notNow);
                pause(PAUSE.multipliedBy(5));
            } catch (RuntimeException defect) {
                log.error("taking messages for {} failed and will be tried again", this, defect);
                pause(PAUSE.multipliedBy(5));
            }
        }
    }

    private void takeOnce() throws InterruptedException {
        free.acquire();
        int workers = 1 + free.drainPermits();
        int calls = 0;
        try {
            int permits = record.breaker().permits(workers);
            if (permits > 0) {
                calls = dispatch(permits);
            }
        } finally {
            free.release(workers - calls);
        }
        if (calls == 0) {
            pause(PAUSE);
        }
    }

    /** Takes messages for at most so many calls and makes them. Returns how many calls. */
    private int dispatch(int permits) {
        int batch = subscription.settings().batchSize();
        List<Delivery> taken = List.of();
        try {
            taken = tools.service()
                    .receive(subscription.queue(), permits * batch, LONG_POLL, Optional.of(lease));
        } finally {
            if (taken.isEmpty()) {
                record.breaker().unused();
            }
        }
        long until = System.nanoTime() + MARGIN.dividedBy(2).toNanos();
        int calls = 0;
        for (int from = 0; from < taken.size(); from += batch) {
            List<Delivery> messages = List.copyOf(taken.subList(from, Math.min(taken.size(), from + batch)));
            Thread.ofVirtual().name("rowmq-push-" + subscription.id() + "-call").start(() -> work(messages, until));
            calls++;
        }
        return calls;
    }

    /** @param until a call that did not begin by then could outlast the lease: it is left to whoever gets the messages next */
    private void work(List<Delivery> messages, long until) {
        try {
            Set<String> processed = tools.service()
                    .processedAmong(subscription.queue(), messages.stream().map(Delivery::id).toList());
            List<Delivery> known = messages.stream().filter(one -> processed.contains(one.id())).toList();
            List<Delivery> open = messages.stream().filter(one -> !processed.contains(one.id())).toList();
            if (!known.isEmpty()) {
                settle(() -> tools.service().complete(subscription.queue(), known));
            }
            if (open.isEmpty() || System.nanoTime() - until > 0) {
                record.breaker().unused();
                return;
            }
            call(open);
        } catch (RuntimeException failure) {
            record.breaker().unused();
            log.warn("a delivery for {} failed, its messages come again after {}: {}", this, lease, failure.toString());
        } finally {
            free.release();
        }
    }

    private void call(List<Delivery> messages) {
        Instant now = Instant.now();
        long begin = System.nanoTime();
        Runnable[] cancel = new Runnable[1];
        Caller.Answer answer;
        try {
            answer = tools.caller()
                    .call(
                            subscription.settings().url(),
                            Call.of(subscription, messages, now, tools.json()),
                            subscription.settings().timeout(),
                            end -> running.add(cancel[0] = end));
        } finally {
            running.remove(cancel[0]);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        (answer.success() ? record.succeeded() : record.failed()).record(took);
        record.attempts()
                .add(new PushReport.Attempt(
                        now, messages.getFirst().id(), messages.size(), answer.status(), took.toMillis(), answer.error()));
        if (answer.success()) {
            record.breaker().succeeded(took);
            settle(() -> tools.service().complete(subscription.queue(), messages));
        } else {
            failed(messages, answer, took);
        }
    }

    private void failed(List<Delivery> messages, Caller.Answer answer, Duration took) {
        if (answer.status() == 410) {
            record.breaker().unused();
            settle(() -> tools.subscriptions().disable(subscription, answer.error()));
            log.warn("{} is disabled: its receiver answered 410, resume it or give it another url", this);
            stop();
        } else if (answer.retryAfter().isPresent()) {
            record.breaker().rest(rest(answer));
        } else if (stopped) {
            record.breaker().unused();
        } else {
            record.breaker().failed(took);
        }
        giveBack(messages, answer.retryAfter().map(asked -> rest(answer)).orElse(Duration.ZERO), answer.error());
    }

    private static Duration rest(Caller.Answer answer) {
        Duration asked = answer.retryAfter().orElse(Duration.ZERO);
        return asked.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : asked;
    }

    private void giveBack(List<Delivery> messages, Duration atLeast, String error) {
        List<String> receipts = messages.stream().map(Delivery::receipt).toList();
        settle(() -> tools.service().giveBack(subscription.queue(), receipts, atLeast, error));
    }

    /** What is not settled comes again: worth some tries, as to say it twice does no harm. */
    private void settle(Runnable work) {
        for (int i = 1; ; i++) {
            try {
                work.run();
                return;
            } catch (Refusal notNow) {
                if (i == SETTLE_TRIES || stopped) {
                    throw notNow;
                }
                pause(PAUSE.multipliedBy(1L << i));
            }
        }
    }

    private static void pause(Duration rest) {
        try {
            Thread.sleep(rest);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes nothing more. Calls that run go on. */
    void stop() {
        stopped = true;
        taker.interrupt();
    }

    /** Breaks off the calls that run; their messages are given back. */
    void breakOff() {
        running.forEach(Runnable::run);
    }

    @Override
    public String toString() {
        return Pushing.named(subscription);
    }
}
