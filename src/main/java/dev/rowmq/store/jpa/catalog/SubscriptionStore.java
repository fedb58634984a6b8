package dev.rowmq.store.jpa.catalog;

import dev.rowmq.model.fanout.DeliveryReport;
import dev.rowmq.model.fanout.DeliveryReport.Circuit;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.model.queue.Queue;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The subscriptions, and the reports of instances on their deliveries. Each method takes part in the caller's
 * transaction.
 */
@Component
public class SubscriptionStore {

    private final SubscriptionRepository subscriptions;
    private final QueueRepository queues;
    private final JdbcTemplate jdbc;
    private final JsonMapper json;

    SubscriptionStore(
            SubscriptionRepository subscriptions, QueueRepository queues, JdbcTemplate jdbc, JsonMapper json) {
        this.subscriptions = subscriptions;
        this.queues = queues;
        this.jdbc = jdbc;
        this.json = json;
    }

    public Optional<Subscription> find(Queue queue, String name) {
        return subscriptions.findByQueueIdAndName(queue.id(), name).map(found -> found.subscription(queue.name()));
    }

    /** In the order of names. */
    public List<Subscription> of(Queue queue) {
        return subscriptions.findByQueueIdOrderByName(queue.id()).stream()
                .map(found -> found.subscription(queue.name()))
                .toList();
    }

    /** The subscriptions of all queues. */
    public List<Subscription> all() {
        return subscriptions.findAllLive().stream()
                .map(found -> found.subscription().subscription(found.queue()))
                .toList();
    }

    public Subscription create(Queue queue, String name, String secret, Subscription.Settings settings) {
        SubscriptionEntity made =
                new SubscriptionEntity(queue.id(), name, secret, queues.clock().truncatedTo(ChronoUnit.MICROS));
        made.set(settings);
        return subscriptions.saveAndFlush(made).subscription(queue.name());
    }

    /** Changes the settings. A new url enables the subscription again. */
    public Subscription change(Queue queue, String name, Subscription.Settings settings) {
        SubscriptionEntity found = existing(queue, name);
        if (!found.url().equals(settings.url())) {
            found.disable(null);
        }
        found.set(settings);
        return subscriptions.saveAndFlush(found).subscription(queue.name());
    }

    /** @param paused false also enables a disabled subscription again */
    public Subscription pause(Queue queue, String name, boolean paused) {
        SubscriptionEntity found = existing(queue, name);
        found.pause(paused);
        if (!paused) {
            found.disable(null);
        }
        return subscriptions.saveAndFlush(found).subscription(queue.name());
    }

    /** Disables the subscription, unless its url was changed meanwhile. */
    public void disable(int id, String url, String because) {
        // not through the entity, which would overwrite concurrent changes of other columns
        jdbc.update("update subscription set disabled_because = ? where id = ? and url = ?", because, id, url);
    }

    /** @param keepOld how long the previous secret is used for signing as well */
    public Subscription rotate(Queue queue, String name, String secret, Duration keepOld) {
        SubscriptionEntity found = existing(queue, name);
        found.rotate(secret, keepOld.isZero() ? null : queues.clock().plus(keepOld).truncatedTo(ChronoUnit.MICROS));
        return subscriptions.saveAndFlush(found).subscription(queue.name());
    }

    /** Returns whether there was one. */
    public boolean delete(Queue queue, String name) {
        Optional<SubscriptionEntity> found = subscriptions.findByQueueIdAndName(queue.id(), name);
        found.ifPresent(this::delete);
        return found.isPresent();
    }

    public void deleteAll(Queue queue) {
        subscriptions.findByQueueIdOrderByName(queue.id()).forEach(this::delete);
    }

    private void delete(SubscriptionEntity subscription) {
        jdbc.update("delete from push_report where subscription_id = ?", subscription.id());
        subscriptions.delete(subscription);
    }

    private SubscriptionEntity existing(Queue queue, String name) {
        return subscriptions.findByQueueIdAndName(queue.id(), name).orElseThrow();
    }

    /**
     * Stores the report of an instance in place of its previous one. Reports that are older than an hour are removed.
     */
    public void keep(int subscriptionId, long instance, DeliveryReport report) {
        jdbc.update("delete from push_report where written_at < clock_timestamp() - interval '1' hour");
        String text = json.writeValueAsString(report);
        int stored = jdbc.update(
                "update push_report set report = ?, written_at = clock_timestamp() where subscription_id = ? and"
                        + " instance = ?",
                text,
                subscriptionId,
                instance);
        if (stored == 0) {
            jdbc.update("""
                insert into push_report (subscription_id, instance, report, written_at)
                select id, ?, ?, clock_timestamp()
                from subscription
                where id = ?
                """, instance, text, subscriptionId);
        }
    }

    /**
     * Returns the reports of all instances, merged. While its circuit is not closed, an instance writes a report once a
     * second. In a report older than five seconds the circuit counts as closed: it is closed by now, or the instance is
     * dead.
     */
    public DeliveryReport report(int subscriptionId) {
        return DeliveryReport.merged(jdbc.query(
                """
                select report, written_at > clock_timestamp() - interval '5' second
                from push_report
                where subscription_id = ?
                """,
                (row, n) -> {
                    // a report of a newer version may have more properties
                    DeliveryReport stored = json.readerFor(DeliveryReport.class)
                            .without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                            .readValue(row.getString(1));
                    return row.getBoolean(2)
                            ? stored
                            : new DeliveryReport(Circuit.CLOSED, stored.attempts(), stored.minutes());
                },
                subscriptionId));
    }
}
