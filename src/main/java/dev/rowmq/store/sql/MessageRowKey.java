package dev.rowmq.store.sql;

import dev.rowmq.model.message.key.MessageKey;

import jakarta.persistence.Embeddable;

import java.io.Serializable;

/** The primary key of {@code message}. */
@Embeddable
public record MessageRowKey(int queueId, short priority, long position) implements Serializable {

    public static MessageRowKey of(MessageKey key) {
        return new MessageRowKey(key.queueId(), (short) key.priority(), key.position());
    }

    public MessageKey key() {
        return new MessageKey(queueId, priority, position);
    }
}
