package dev.rowmq.push;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.DeliveryReport.Circuit;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.figures.AttentionItem;
import dev.rowmq.queue.figures.AttentionSource;
import dev.rowmq.queue.subscription.PushProperties;
import dev.rowmq.queue.subscription.SubscriptionAdmin;

import io.micrometer.core.instrument.MeterRegistry;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;

/**
 * Runs a {@link SubscriptionWorker} for each active subscription. Once a second, and after each change on this
 * instance, it reads all subscriptions, starts and stops workers accordingly, and writes delivery reports.
 */
@Component
class PushSupervisor implements SmartLifecycle, AttentionSource {

    private static final Logger log = LoggerFactory.getLogger(PushSupervisor.class);

    private static final long LOOK_MILLIS = 1000;
    /** While there is no subscription, one scan in five is made. */
    private static final int SCANS_SKIPPED = 4;
    private static final Duration LAST_CALLS = Duration.ofSeconds(3);
    private static final Duration GIVING_BACK = Duration.ofSeconds(1);

    private final SubscriptionAdmin subscriptions;
    private final PushProperties properties;
    private final MeterRegistry registry;
    private final WebhookDelivery.Tools tools;
    private final long instance = ThreadLocalRandom.current().nextLong();
    private final Map<Integer, SupervisedSubscription> known = new ConcurrentHashMap<>();
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final ScheduledExecutorService looks =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("rowmq-push").factory());
    /** Stopped workers whose last calls are still running. */
    private final List<SubscriptionWorker> ending = new CopyOnWriteArrayList<>();

    /** Several changes at once cause a single scan. */
    private final AtomicBoolean lookAsked = new AtomicBoolean();

    private volatile boolean running;
    private boolean failing;
    /** Scans skipped since the last one. The first scan is not skipped. */
    private int skipped = SCANS_SKIPPED;

    PushSupervisor(
            SubscriptionAdmin subscriptions,
            QueueService service,
            WebhookClient caller,
            PushProperties properties,
            MeterRegistry registry,
            JsonMapper json) {
        this.subscriptions = subscriptions;
        this.properties = properties;
        this.registry = registry;
        this.tools = new WebhookDelivery.Tools(service, subscriptions, caller, json);
    }

    @Override
    public void start() {
        running = true;
        looks.scheduleWithFixedDelay(this::lookIfDue, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** A change made on this instance starts a scan at once, without waiting for the interval. */
    @EventListener
    void changed(SubscriptionAdmin.Changed event) {
        if (!lookAsked.compareAndSet(false, true)) {
            return;
        }
        try {
            looks.execute(() -> {
                lookAsked.set(false);
                look();
            });
        } catch (RejectedExecutionException stopping) {
            log.debug("subscriptions are not read after a change, as the service stops");
        }
    }

    /** Skips most scans while there is no subscription: changes on this instance are reported by events. */
    private void lookIfDue() {
        if (known.isEmpty() && skipped < SCANS_SKIPPED) {
            skipped++;
            return;
        }
        skipped = 0;
        look();
    }

    private void look() {
        if (!running) {
            return;
        }
        try {
            Map<Integer, Subscription> all =
                    subscriptions.all().stream().collect(Collectors.toMap(Subscription::id, Function.identity()));
            oneAtATime.lock();
            try {
                if (running) {
                    follow(all);
                }
            } finally {
                oneAtATime.unlock();
            }
            known.values().forEach(this::report);
            failing = false;
        } catch (Throwable failure) {
            if (!failing && !QueueException.isDatabaseFault(failure)) {
                log.warn("subscriptions cannot be looked up for the moment: {}", failure.toString());
            }
            failing = true;
        }
    }

    private void follow(Map<Integer, Subscription> all) {
        known.entrySet().removeIf(entry -> {
            boolean gone = !all.containsKey(entry.getKey());
            if (gone) {
                stop(entry.getValue());
                entry.getValue().meters.forEach(registry::remove);
            }
            return gone;
        });
        ending.removeIf(SubscriptionWorker::idle);
        all.values().forEach(this::follow);
    }

    /** Starts, replaces or stops the worker of a subscription according to its present settings. */
    private void follow(Subscription subscription) {
        SupervisedSubscription one = known.get(subscription.id());
        if (one == null) {
            one = new SupervisedSubscription(subscription, properties, registry);
            known.put(subscription.id(), one);
        }
        if (!one.subscription.settings().url().equals(subscription.settings().url())) {
            one.renewTallies(subscription);
            one.tallies.attempts().changed();
        }
        one.subscription = subscription;
        if (one.deliverer != null && one.deliverer.gone()) {
            // this scan may have begun before the subscription was disabled; the next scan decides
            if (one.deliverer.noted()) {
                stop(one);
            }
            return;
        }
        if (one.deliverer != null && !one.deliverer.subscription().equals(subscription)) {
            stop(one);
        }
        if (one.deliverer == null && subscription.active()) {
            int workers = subscription.settings().workers();
            if (one.workers != workers) {
                one.free = new Semaphore(workers);
                one.workers = workers;
            }
            one.deliverer = new SubscriptionWorker(
                    subscription,
                    tools.service(),
                    one.tallies.breaker(),
                    one.free,
                    new WebhookDelivery(subscription, tools, one.tallies));
        }
    }

    private void stop(SupervisedSubscription one) {
        if (one.deliverer != null) {
            one.deliverer.stop();
            ending.add(one.deliverer);
            one.deliverer = null;
        }
    }

    /**
     * Writes the delivery report when it has changed, and on every scan while the circuit is not closed: readers treat
     * a circuit as closed when its report is older than five seconds.
     */
    private void report(SupervisedSubscription one) {
        Circuit now = one.tallies.breaker().state();
        if (!one.tallies.attempts().takeChanged() && now == Circuit.CLOSED) {
            return;
        }
        one.logCircuit(now);
        try {
            subscriptions.report(one.subscription, instance, one.tallies.attempts().report(now));
        } catch (RuntimeException notNow) {
            one.tallies.attempts().changed();
            log.debug("how {} does was not written", named(one.subscription), notNow);
        }
    }

    @Override
    public List<AttentionItem> attentionItems() {
        return known.values().stream()
                .filter(one -> one.subscription.active() && one.tallies.breaker().state() != Circuit.CLOSED)
                .map(one -> new AttentionItem(
                        AttentionItem.Concern.RECEIVER_FAILS,
                        AttentionItem.Level.WARNING,
                        Optional.of(one.subscription.queue()),
                        "The receiver of subscription '%s' fails, so it is called only now and then."
                                .formatted(one.subscription.name())))
                .toList();
    }

    static String named(Subscription subscription) {
        return "subscription '" + subscription.name() + "' of queue '" + subscription.queue() + "'";
    }

    /** Takes at most 5 s: calls that run longer are cancelled, and their messages are given back. */
    @Override
    public void stop() {
        running = false;
        looks.shutdown();
        boolean alone = lock();
        try {
            known.values().forEach(this::stop);
        } finally {
            if (alone) {
                oneAtATime.unlock();
            }
        }
        if (!await(LAST_CALLS)) {
            ending.forEach(SubscriptionWorker::breakOff);
            await(GIVING_BACK);
        }
    }

    /** Waits at most 500 ms for a running scan. Returns whether the lock was acquired. */
    private boolean lock() {
        try {
            return oneAtATime.tryLock(500, TimeUnit.MILLISECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Waits until no call is running. Returns false when the time is over or the thread is interrupted first. */
    private boolean await(Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        while (!ending.stream().allMatch(SubscriptionWorker::idle)) {
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

    /** The same phase as that of waiting receivers: this stops before the web server waits for running requests. */
    @Override
    public int getPhase() {
        return SmartLifecycle.DEFAULT_PHASE;
    }
}
