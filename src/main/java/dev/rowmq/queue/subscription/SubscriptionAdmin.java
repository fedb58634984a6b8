package dev.rowmq.queue.subscription;

import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.fanout.DeliveryReport;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.ResourceName;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.catalog.QueueScope;
import dev.rowmq.store.jpa.catalog.QueueStore;
import dev.rowmq.store.jpa.catalog.SubscriptionStore;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Creates, changes, pauses and deletes the subscriptions of queues. A method that names one throws
 * {@link QueueException} QUEUE_NOT_FOUND, INVALID_QUEUE_NAME, SUBSCRIPTION_NOT_FOUND or INVALID_SUBSCRIPTION_NAME.
 */
@Component
public class SubscriptionAdmin {

    private static final String SECRET = "whsec_";
    private static final int GENERATED_BYTES = 32;

    /** The minimum of the Standard Webhooks specification. */
    private static final int MIN_BYTES = 24;

    private static final int MAX_BYTES = 64;

    private static final Duration KEEP_OLD = Duration.ofHours(24);

    private final SubscriptionStore store;
    private final QueueStore queues;
    private final WebhookUrlPolicy targets;
    private final TransactionTemplate transaction;
    private final ApplicationEventPublisher events;
    private final SecureRandom random = new SecureRandom();

    SubscriptionAdmin(
            SubscriptionStore store,
            QueueStore queues,
            WebhookUrlPolicy targets,
            TransactionTemplate transaction,
            ApplicationEventPublisher events) {
        this.store = store;
        this.queues = queues;
        this.targets = targets;
        this.transaction = transaction;
        this.events = events;
    }

    /** An event: this instance has committed a change of a subscription. */
    public record Changed() {}

    /**
     * Creates a subscription or changes its settings.
     *
     * @param change from the present settings (the defaults for a new subscription) to the new ones
     * @param secret of a new subscription, {@code whsec_} and base64 of 24 to 64 bytes; empty = generated
     * @throws QueueException URL_NOT_ALLOWED, OUT_OF_RANGE, INVALID_REQUEST, QUEUE_CONFLICT when the queue has
     *     {@value Subscription#MAX_PER_QUEUE} subscriptions, or another request changed the url meanwhile
     */
    // resolving a host name may take long: no transaction waits for it
    @Transactional(propagation = Propagation.NOT_SUPPORTED)
    public Upserted<Subscription> put(
            String queueName,
            String name,
            Function<Optional<Subscription.Settings>, Subscription.Settings> change,
            Optional<String> secret) {
        ResourceName.checkedSubscription(name);
        Optional<Subscription.Settings> now = transaction.execute(status -> store.find(queue(queueName), name))
                .map(Subscription::settings);
        Subscription.Settings requested = change.apply(now);
        if (requested.url().isEmpty() || now.filter(any -> any.url().equals(requested.url())).isEmpty()) {
            targets.check(requested.url());
        }
        return transaction.execute(status -> putChecked(queueName, name, requested, change, secret));
    }

    private Upserted<Subscription> putChecked(
            String queueName,
            String name,
            Subscription.Settings requested,
            Function<Optional<Subscription.Settings>, Subscription.Settings> change,
            Optional<String> secret) {
        Queue queue = lockForChange(queueName);
        if (queue.settings().fifo().isPresent()) {
            throw new QueueException(
                    ErrorCode.NOT_SUPPORTED,
                    "queue '%s' is a FIFO queue, whose order parallel webhooks would break; receive its messages"
                            .formatted(queueName));
        }
        Optional<Subscription> before = store.find(queue, name);
        Subscription.Settings settings = change.apply(before.map(Subscription::settings));
        if (!settings.url().equals(requested.url())) {
            throw conflict(
                    "subscription '%s' was changed by another request at this moment; repeat yours".formatted(name));
        }
        if (before.isPresent()) {
            if (secret.isPresent()) {
                throw invalid("secret", "the secret of a subscription that is there is changed by rotate-secret");
            }
            return new Upserted<>(store.change(queue, name, settings), false);
        }
        if (store.of(queue).size() >= Subscription.MAX_PER_QUEUE) {
            throw conflict("queue '%s' has %d subscriptions, which is the most; delete one first"
                    .formatted(queueName, Subscription.MAX_PER_QUEUE));
        }
        return new Upserted<>(
                store.create(
                        queue,
                        name,
                        secret.map(SubscriptionAdmin::checkedSecret).orElseGet(this::newSecret),
                        settings),
                true);
    }

    /** The subscriptions of a queue in the order of their names, at most {@value Subscription#MAX_PER_QUEUE}. */
    @Transactional(readOnly = true)
    public List<Subscription> of(String queueName) {
        return store.of(queue(queueName));
    }

    /** The subscriptions of all queues. */
    @Transactional(readOnly = true)
    public List<Subscription> all() {
        return store.all();
    }

    @Transactional(readOnly = true)
    public Subscription get(String queueName, String name) {
        return existing(queue(queueName), name);
    }

    /**
     * Pauses a subscription: no more messages are taken from the queue for it. This instance stops as soon as it reads
     * the change, every instance within 2 s. Running calls are finished.
     */
    @Transactional
    public Subscription pause(String queueName, String name) {
        return pause(queueName, name, true);
    }

    /** Resumes a subscription, also after its receiver answered 410. */
    @Transactional
    public Subscription resume(String queueName, String name) {
        return pause(queueName, name, false);
    }

    private Subscription pause(String queueName, String name, boolean paused) {
        Queue queue = lockForChange(queueName);
        existing(queue, name);
        return store.pause(queue, name, paused);
    }

    /** Stops deliveries until the subscription is resumed or gets another url. */
    @Transactional
    public void disable(Subscription subscription, String because) {
        store.disable(subscription.id(), subscription.settings().url(), because);
    }

    /**
     * Replaces the secret.
     *
     * @param secret  as for {@link #put}
     * @param keepOld how long calls are also signed with the previous secret, 0s to 7d; empty = a day
     * @throws QueueException QUEUE_CONFLICT when a previous secret still signs and {@code keepOld} is empty: a call
     *     that is repeated because its answer was lost must not end the previous secret
     */
    @Transactional
    public Subscription rotateSecret(
            String queueName, String name, Optional<String> secret, Optional<Duration> keepOld) {
        keepOld.ifPresent(keep -> RangeCheck.within("keepOld", keep, Duration.ZERO, Subscription.MAX_OVERLAP));
        Queue queue = lockForChange(queueName);
        existing(queue, name)
                .secrets()
                .oldUntil()
                .filter(until -> keepOld.isEmpty() && Instant.now().isBefore(until))
                .ifPresent(until -> {
                    throw conflict(
                            ("a secret before this one still signs, until %s; say keepOld to rotate all the "
                                    + "same, which ends it")
                                    .formatted(until));
                });
        return store.rotate(
                queue,
                name,
                secret.map(SubscriptionAdmin::checkedSecret).orElseGet(this::newSecret),
                keepOld.orElse(KEEP_OLD));
    }

    /** Deletes a subscription; its deliveries end as after {@link #pause}. Its messages stay in the queue. */
    @Transactional
    public void delete(String queueName, String name) {
        ResourceName.checkedSubscription(name);
        if (!store.delete(lockForChange(queueName), name)) {
            throw notFound(queueName, name);
        }
    }

    /**
     * Stores this instance's report of its deliveries.
     *
     * @param instance identifies the instance
     */
    @Transactional
    public void report(Subscription subscription, long instance, DeliveryReport report) {
        store.keep(subscription.id(), instance, report);
    }

    /** The report of the deliveries on all instances, about a second old. */
    @Transactional(readOnly = true)
    public DeliveryReport report(Subscription subscription) {
        return store.report(subscription.id());
    }

    private Queue queue(String name) {
        return queues.find(QueueScope.checked(ResourceName.checked(name)))
                .orElseThrow(() -> QueueAdmin.notFound(name));
    }

    /** Locks the queue, and publishes {@link Changed} after the commit. */
    private Queue lockForChange(String name) {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                events.publishEvent(new Changed());
            }
        });
        return queues.lock(QueueScope.checked(ResourceName.checked(name)))
                .orElseThrow(() -> QueueAdmin.notFound(name));
    }

    private Subscription existing(Queue queue, String name) {
        return store.find(queue, ResourceName.checkedSubscription(name))
                .orElseThrow(() -> notFound(queue.name(), name));
    }

    private String newSecret() {
        byte[] bytes = new byte[GENERATED_BYTES];
        random.nextBytes(bytes);
        return SECRET + Base64.getEncoder().encodeToString(bytes);
    }

    private static String checkedSecret(String secret) {
        try {
            int bytes = secret.startsWith(SECRET)
                    ? Base64.getDecoder().decode(secret.substring(SECRET.length())).length
                    : 0;
            if (bytes >= MIN_BYTES && bytes <= MAX_BYTES) {
                return secret;
            }
        } catch (IllegalArgumentException noBase64) {
            // thrown below
        }
        throw invalid(
                "secret",
                "a secret is %s and the base64 of %d to %d bytes".formatted(SECRET, MIN_BYTES, MAX_BYTES));
    }

    private static QueueException conflict(String detail) {
        return new QueueException(ErrorCode.QUEUE_CONFLICT, detail);
    }

    private static QueueException invalid(String field, String detail) {
        return new QueueException(ErrorCode.INVALID_REQUEST, field, detail);
    }

    private static QueueException notFound(String queue, String name) {
        return new QueueException(
                ErrorCode.SUBSCRIPTION_NOT_FOUND,
                "subscription",
                "queue '%s' has no subscription '%s'; create it with PUT /v1/queues/%s/subscriptions/%s"
                        .formatted(queue, name, queue, name));
    }
}
