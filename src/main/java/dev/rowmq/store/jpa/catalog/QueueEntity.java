package dev.rowmq.store.jpa.catalog;

import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.RetryPolicy;
import dev.rowmq.model.queue.SendRate;
import dev.rowmq.model.queue.Storage;

import jakarta.persistence.Convert;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** A row of {@code queue}. */
@Entity
@Table(name = "queue")
class QueueEntity {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private Integer id;

    private String name;
    private long visibilityTimeoutMs;
    private int maxDeliveries;
    private long retryInitialMs;
    private double retryMultiplier;
    private long retryMaxMs;
    private long delayMs;
    private long retentionMs;
    private boolean deadLetterExpired;
    private String deadLetterQueue;
    private long deadLetterRetentionMs;
    private int priorities;
    private int levels;
    private long processedRetentionMs;
    private long maxMessages;
    private int maxMessageSize;
    /** Messages per second; 0 = no limit. */
    private int sendRate;

    private int sendBurst;
    private short storage;

    @Convert(converter = TextMapConverter.class)
    private Map<String, String> tags = Map.of();

    @Convert(converter = TextMapConverter.class)
    private Map<String, String> attributes = Map.of();

    private boolean fifo;
    private boolean contentBasedDeduplication;
    private boolean deduplicationPerGroup;
    private boolean paused;
    private Instant createdAt;
    private Instant deletedAt;

    protected QueueEntity() {}

    QueueEntity(String name, Instant createdAt) {
        this.name = name;
        this.createdAt = createdAt;
    }

    void set(QueueSettings settings) {
        visibilityTimeoutMs = settings.visibilityTimeout().toMillis();
        maxDeliveries = settings.maxDeliveries();
        retryInitialMs = settings.retry().initial().toMillis();
        retryMultiplier = settings.retry().multiplier();
        retryMaxMs = settings.retry().max().toMillis();
        delayMs = settings.delay().toMillis();
        retentionMs = settings.retention().toMillis();
        deadLetterExpired = settings.deadLetterExpired();
        deadLetterQueue = settings.deadLetterQueue().orElse(null);
        deadLetterRetentionMs = settings.deadLetterRetention().toMillis();
        priorities = settings.priorities();
        levels = Math.max(levels, priorities);
        processedRetentionMs = settings.processedRetention().toMillis();
        maxMessages = settings.maxMessages();
        maxMessageSize = settings.maxMessageSize();
        sendRate = settings.sendRate().map(SendRate::messagesPerSecond).orElse(0);
        sendBurst = settings.sendRate().map(SendRate::burst).orElse(0);
        storage = (short) settings.storage().ordinal();
        tags = settings.tags();
        attributes = settings.attributes();
        fifo = settings.fifo().isPresent();
        contentBasedDeduplication = settings.fifo().filter(FifoRules::contentBasedDeduplication).isPresent();
        deduplicationPerGroup = settings.fifo().filter(FifoRules::deduplicationPerGroup).isPresent();
    }

    void pause(boolean yes) {
        paused = yes;
    }

    /** The name is free at once; the rows are removed later. */
    void delete(Instant when) {
        name = null;
        deletedAt = when;
    }

    int id() {
        return id;
    }

    Queue queue() {
        RetryPolicy retry =
                new RetryPolicy(Duration.ofMillis(retryInitialMs), retryMultiplier, Duration.ofMillis(retryMaxMs));
        QueueSettings settings = new QueueSettings(
                Duration.ofMillis(visibilityTimeoutMs),
                maxDeliveries,
                retry,
                Duration.ofMillis(delayMs),
                Duration.ofMillis(retentionMs),
                deadLetterExpired,
                Optional.ofNullable(deadLetterQueue),
                Duration.ofMillis(deadLetterRetentionMs),
                priorities,
                Duration.ofMillis(processedRetentionMs),
                maxMessages,
                maxMessageSize,
                sendRate == 0 ? Optional.empty() : Optional.of(new SendRate(sendRate, sendBurst)),
                Storage.values()[storage],
                tags,
                attributes,
                fifo ? Optional.of(new FifoRules(contentBasedDeduplication, deduplicationPerGroup)) : Optional.empty());
        return new Queue(id, name, settings, levels, paused, createdAt);
    }
}
