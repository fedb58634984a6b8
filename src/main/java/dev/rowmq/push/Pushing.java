package dev.rowmq.push;

import dev.rowmq.message.PushReport.Circuit;
import dev.rowmq.message.Subscription;
import dev.rowmq.queue.PushProperties;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.Subscriptions;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;

/** Keeps a {@link Deliverer} for each active subscription: once a second it looks which there are, and writes how they do. */
@Component
class Pushing implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Pushing.class);

    private static final long LOOK_MILLIS = 1000;
    private static final Duration LAST_CALLS = Duration.ofSeconds(3);
    private static final Duration GIVING_BACK = Duration.ofSeconds(1);

    /** What is known of a subscription on this instance for as long as it is there. */
    private static final class Known {

        Subscription subscription;
        Deliverer.Record record;
        final List<Meter> meters = new ArrayList<>();
        Deliverer deliverer;
        Circuit told = Circuit.CLOSED;

        Known(Subscription subscription) {
            this.subscription = subscription;
        }
    }

    private final Subscriptions subscriptions;
    private final PushProperties properties;
    private final MeterRegistry registry;
    private final Deliverer.Tools tools;
    private final long instance = ThreadLocalRandom.current().nextLong();
    private final Map<Integer, Known> known = new HashMap<>();
    private final ScheduledExecutorService looks =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("rowmq-push").factory());
    /** Those that take nothing more, while their last calls run. */
    private final List<Deliverer> ending = new ArrayList<>();

    private volatile boolean running;

    Pushing(
            Subscriptions subscriptions,
            QueueService service,
            Caller caller,
            PushProperties properties,
            MeterRegistry registry,
            JsonMapper json) {
        this.subscriptions = subscriptions;
        this.properties = properties;
        this.registry = registry;
        this.tools = new Deliverer.Tools(service, subscriptions, caller, json);
    }

    @Override
    public void start() {
        running = true;
        looks.scheduleWithFixedDelay(this::look, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            lookOnce();
        } catch (RuntimeException failure) {
            log.debug("subscriptions were not looked up", failure);
        } catch (Error failure) {
            log.error("looking up subscriptions failed and will be tried again", failure);
        }
    }

    private synchronized void lookOnce() {
        if (!running) {
            return;
        }
        Map<Integer, Subscription> all =
                subscriptions.all().stream().collect(Collectors.toMap(Subscription::id, Function.identity()));
        known.entrySet().removeIf(entry -> {
            boolean gone = !all.containsKey(entry.getKey());
            if (gone) {
                stop(entry.getValue());
                entry.getValue().meters.forEach(registry::remove);
            }
            return gone;
        });
        ending.removeIf(Deliverer::idle);
        all.values().forEach(this::follow);
        known.values().forEach(this::report);
    }

    /** Begins, changes or ends what is done for a subscription, as it says now. */
    private void follow(Subscription subscription) {
        Known one = known.get(subscription.id());
        if (one == null) {
            one = begin(subscription);
            known.put(subscription.id(), one);
        }
        if (!one.subscription.settings().url().equals(subscription.settings().url())) {
            one.record = record(subscription, one);
        }
        one.subscription = subscription;
        if (one.deliverer != null && (one.deliverer.stopped() || !one.deliverer.subscription().equals(subscription))) {
            stop(one);
        }
        if (one.deliverer == null && subscription.active()) {
            one.deliverer = new Deliverer(subscription, tools, one.record);
        }
    }

    private Known begin(Subscription subscription) {
        Known one = new Known(subscription);
        Tags tags = Tags.of("queue", subscription.queue(), "subscription", subscription.name());
        one.meters.add(timer(tags, "succeeded"));
        one.meters.add(timer(tags, "failed"));
        one.record = record(subscription, one);
        one.meters.add(Gauge.builder("rowmq.push.circuit.open", one, now -> now.record.breaker().state() == Circuit.OPEN ? 1 : 0)
                .tags(tags)
                .register(registry));
        return one;
    }

    private Timer timer(Tags tags, String outcome) {
        return Timer.builder("rowmq.push.calls").tags(tags.and("outcome", outcome)).register(registry);
    }

    private Deliverer.Record record(Subscription subscription, Known one) {
        Attempts attempts = one.record == null ? new Attempts() : one.record.attempts();
        return new Deliverer.Record(
                attempts,
                new Breaker(named(subscription), properties.probeAfter(), attempts::changed),
                (Timer) one.meters.get(0),
                (Timer) one.meters.get(1));
    }

    private void stop(Known one) {
        if (one.deliverer != null) {
            one.deliverer.stop();
            ending.add(one.deliverer);
            one.deliverer = null;
        }
    }

    private void report(Known one) {
        if (!one.record.attempts().takeChanged()) {
            return;
        }
        Circuit now = one.record.breaker().state();
        tell(one, now);
        try {
            subscriptions.report(one.subscription, instance, one.record.attempts().report(now));
        } catch (RuntimeException notNow) {
            one.record.attempts().changed();
            throw notNow;
        }
    }

    private static void tell(Known one, Circuit now) {
        if (now == Circuit.OPEN && one.told == Circuit.CLOSED) {
            log.warn("{}: five calls in a row failed, the receiver is left alone for a while", named(one.subscription));
            one.told = now;
        } else if (now == Circuit.CLOSED && one.told == Circuit.OPEN) {
            log.info("{}: the receiver works again", named(one.subscription));
            one.told = now;
        }
    }

    static String named(Subscription subscription) {
        return "subscription '" + subscription.name() + "' of queue '" + subscription.queue() + "'";
    }

    /** Ends within 5 s: calls that take longer are broken off, and their messages given back. */
    @Override
    public void stop() {
        running = false;
        looks.shutdown();
        synchronized (this) {
            known.values().forEach(this::stop);
            if (!await(LAST_CALLS)) {
                ending.forEach(Deliverer::breakOff);
                await(GIVING_BACK);
            }
        }
    }

    /** Waits until no call runs any more. Returns whether it came to that. */
    private boolean await(Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        while (!ending.stream().allMatch(Deliverer::idle)) {
            if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(10_000_000);
        }
        return true;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** As receivers that wait: before the web server waits for running requests. */
    @Override
    public int getPhase() {
        return SmartLifecycle.DEFAULT_PHASE;
    }
}
