package dev.rowmq.store.jpa.catalog;

import dev.rowmq.model.fanout.Subscription;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A row of {@code subscription}. */
@Entity
@Table(name = "subscription")
class SubscriptionEntity {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private Integer id;

    private int queueId;
    private String name;
    private String url;
    private int workers;
    private int batchSize;
    private long timeoutMs;
    private String secret;
    private String oldSecret;
    private Instant oldSecretUntil;
    private boolean paused;
    private String disabledBecause;
    private Instant createdAt;

    protected SubscriptionEntity() {}

    SubscriptionEntity(int queueId, String name, String secret, Instant createdAt) {
        this.queueId = queueId;
        this.name = name;
        this.secret = secret;
        this.createdAt = createdAt;
    }

    void set(Subscription.Settings settings) {
        url = settings.url();
        workers = settings.workers();
        batchSize = settings.batchSize();
        timeoutMs = settings.timeout().toMillis();
    }

    void pause(boolean yes) {
        paused = yes;
    }

    /** @param because null = enabled again */
    void disable(String because) {
        disabledBecause = because;
    }

    /** @param until null = the previous secret ends at once */
    void rotate(String newSecret, Instant until) {
        oldSecret = until == null ? null : secret;
        oldSecretUntil = until;
        secret = newSecret;
    }

    int id() {
        return id;
    }

    String url() {
        return url;
    }

    Subscription subscription(String queue) {
        return new Subscription(
                id,
                queueId,
                queue,
                name,
                new Subscription.Settings(url, workers, batchSize, Duration.ofMillis(timeoutMs)),
                new Subscription.Secrets(secret, Optional.ofNullable(oldSecret), Optional.ofNullable(oldSecretUntil)),
                paused,
                Optional.ofNullable(disabledBecause),
                createdAt);
    }
}
