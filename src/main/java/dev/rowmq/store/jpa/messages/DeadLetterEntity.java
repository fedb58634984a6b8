package dev.rowmq.store.jpa.messages;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.sql.MetadataJson;

import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;

import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;

/** A row of {@code dead_letter}. */
@Entity
@Table(name = "dead_letter")
class DeadLetterEntity extends MessageColumns {

    /** The primary key of {@code dead_letter}. */
    @Embeddable
    record DeadKey(int queueId, long position) implements Serializable {}

    @EmbeddedId
    private DeadKey key;

    private short priority;
    private boolean idGiven;
    private short reason;
    private Instant deadAt;

    protected DeadLetterEntity() {}

    DeadKey key() {
        return key;
    }

    Instant deadAt() {
        return deadAt;
    }

    DeadLetter deadLetter(MetadataJson text) {
        return new DeadLetter(
                id,
                DeadLetter.Reason.values()[reason],
                Optional.ofNullable(lastError),
                body(),
                text.read(metadata),
                new MessageKey(key.queueId(), priority, key.position()),
                deliveries,
                enqueuedAt,
                Optional.ofNullable(firstReceivedAt),
                deadAt);
    }
}
