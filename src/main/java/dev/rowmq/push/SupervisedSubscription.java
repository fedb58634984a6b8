package dev.rowmq.push;

import dev.rowmq.model.fanout.DeliveryReport.Circuit;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.queue.subscription.PushProperties;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The state of one subscription on this instance, kept until the subscription is deleted. */
final class SupervisedSubscription {

    private static final Logger log = LoggerFactory.getLogger(SupervisedSubscription.class);

    private final PushProperties properties;
    Subscription subscription;
    WebhookDelivery.Tallies tallies;
    /**
     * Limits concurrent calls to the number of workers. A {@link SubscriptionWorker} shares it with its successor, so
     * that their calls together stay within the limit, except after a change of the number of workers.
     */
    Semaphore free;

    int workers;
    final List<Meter> meters = new ArrayList<>();
    /** Null while the subscription is paused or disabled. */
    SubscriptionWorker deliverer;
    /** The last state of the circuit that was logged. */
    private Circuit logged = Circuit.CLOSED;

    SupervisedSubscription(Subscription subscription, PushProperties properties, MeterRegistry registry) {
        this.subscription = subscription;
        this.properties = properties;
        Tags tags = Tags.of("queue", subscription.queue(), "subscription", subscription.name());
        meters.add(timer(registry, tags, "succeeded"));
        meters.add(timer(registry, tags, "failed"));
        renewTallies(subscription);
        meters.add(Gauge.builder(
                        "rowmq.push.circuit.open",
                        this,
                        now -> now.tallies.breaker().state() == Circuit.OPEN ? 1 : 0)
                .tags(tags)
                .register(registry));
    }

    private static Timer timer(MeterRegistry registry, Tags tags, String outcome) {
        return Timer.builder("rowmq.push.calls").tags(tags.and("outcome", outcome)).register(registry);
    }

    /** Begins with a closed circuit, for a new receiver; the log of attempts goes on. */
    void renewTallies(Subscription present) {
        AttemptLog attempts = tallies == null ? new AttemptLog() : tallies.attempts();
        tallies = new WebhookDelivery.Tallies(
                attempts,
                new ReceiverCircuitBreaker(
                        PushSupervisor.named(present), properties.probeAfter(), attempts::changed),
                (Timer) meters.get(0),
                (Timer) meters.get(1));
    }

    void logCircuit(Circuit now) {
        if (now == Circuit.OPEN && logged == Circuit.CLOSED) {
            log.warn(
                    "{}: five calls in a row failed, the receiver is left alone for a while",
                    PushSupervisor.named(subscription));
            logged = now;
        } else if (now == Circuit.CLOSED && logged == Circuit.OPEN) {
            log.info("{}: the receiver works again", PushSupervisor.named(subscription));
            logged = now;
        }
    }
}
