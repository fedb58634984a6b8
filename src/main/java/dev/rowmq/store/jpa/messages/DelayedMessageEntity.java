package dev.rowmq.store.jpa.messages;

import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.store.sql.MetadataJson;

import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;

import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;

/** A row of {@code delayed_message}. */
@Entity
@Table(name = "delayed_message")
class DelayedMessageEntity extends MessageColumns {

    /** The primary key of {@code delayed_message}. */
    @jakarta.persistence.Embeddable
    record DueKey(int queueId, Instant dueAt, long position) implements Serializable {}

    @EmbeddedId
    private DueKey key;

    private short priority;
    private Instant expiresAt;

    protected DelayedMessageEntity() {}

    DueKey key() {
        return key;
    }

    MessageView view(MetadataJson text) {
        MessageKey message = new MessageKey(key.queueId(), priority, key.position());
        return view(
                Optional.ofNullable(id).orElseGet(() -> GeneratedId.of(message)),
                MessageView.State.DELAYED,
                text.read(metadata),
                message,
                key.dueAt(),
                expiresAt);
    }
}
