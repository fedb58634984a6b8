package dev.rowmq.store.jpa.messages;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.message.ProcessedId;

import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;

import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;

/** A row of {@code processed_id}: an id that a producer gave, or the id of a message that push processed. */
@Entity
@Table(name = "processed_id")
class ProcessedIdEntity {

    /** The primary key of {@code processed_id}. */
    @Embeddable
    record GivenId(int queueId, String id) implements Serializable {}

    @EmbeddedId
    private GivenId key;

    private short priority;
    private long position;
    private byte[] bodyHash;
    private Instant enqueuedAt;
    private Instant visibleAt;
    private Instant processedAt;
    private Instant forgetAt;

    protected ProcessedIdEntity() {}

    MessageKey messageKey() {
        return new MessageKey(key.queueId(), priority, position);
    }

    /** Empty when its message was not acked. */
    Optional<ProcessedId> processed() {
        return Optional.ofNullable(processedAt).map(when -> new ProcessedId(key.id(), enqueuedAt, when));
    }
}
