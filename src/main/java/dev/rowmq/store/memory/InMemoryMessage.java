package dev.rowmq.store.memory;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ReservedMetadata;
import dev.rowmq.model.queue.QueueCounter;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** A message in memory. Only its queue changes it, while the queue's lock is held. */
final class InMemoryMessage {

    final MessageKey key;
    final Optional<String> id;
    final Body body;
    final Map<String, String> metadata;
    final Instant enqueuedAt;
    Instant visibleAt;
    Instant expiresAt;
    /** READY, DELAYED or IN_FLIGHT; null when the message is gone, or a dead letter. */
    QueueCounter level;

    int deliveries;
    /** 0 = not leased since it was sent or given back. */
    long token;

    /** The current timer of {@link VisibilityTimers}; null = none. */
    Object timer;

    Instant leasedAt;
    Instant firstReceivedAt;
    /** Backoff in milliseconds after a lease that ends without a settlement. */
    long backoffMillis;

    String lastError;

    InMemoryMessage(
            MessageKey key,
            Optional<String> id,
            Body body,
            Map<String, String> metadata,
            Instant enqueuedAt,
            Instant visibleAt,
            Instant expiresAt) {
        this.key = key;
        this.id = id;
        this.body = body;
        this.metadata = metadata;
        this.enqueuedAt = enqueuedAt;
        this.visibleAt = visibleAt;
        this.expiresAt = expiresAt;
    }

    Optional<String> group() {
        return ReservedMetadata.group(metadata);
    }

    String shownId() {
        return id.orElseGet(() -> GeneratedId.of(key));
    }

    /** Approximate bytes of memory that the message takes. */
    long size() {
        long size = body.bytes().length + 400L;
        for (Map.Entry<String, String> one : metadata.entrySet()) {
            size += one.getKey().length() + one.getValue().length() + 100L;
        }
        return size;
    }

    /** The message as it was before its first delivery. */
    InMemoryMessage undelivered(Instant visible, Instant expires) {
        return new InMemoryMessage(key, id, body, metadata, enqueuedAt, visible, expires);
    }

    MessageView view() {
        MessageView.State state = level == QueueCounter.IN_FLIGHT
                ? MessageView.State.IN_FLIGHT
                : level == QueueCounter.DELAYED ? MessageView.State.DELAYED : MessageView.State.READY;
        return new MessageView(
                shownId(),
                state,
                body,
                metadata,
                key,
                deliveries,
                enqueuedAt,
                state == MessageView.State.IN_FLIGHT ? visibleAt.plusMillis(backoffMillis) : visibleAt,
                expiresAt,
                Optional.ofNullable(firstReceivedAt),
                Optional.ofNullable(lastError));
    }

    DeadLetter deadLetter(DeadLetter.Reason reason, Optional<String> error, Instant now) {
        return new DeadLetter(
                shownId(),
                reason,
                error.or(() -> Optional.ofNullable(lastError)),
                body,
                metadata,
                key,
                deliveries,
                enqueuedAt,
                Optional.ofNullable(firstReceivedAt),
                now);
    }
}
