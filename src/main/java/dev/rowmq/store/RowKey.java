package dev.rowmq.store;

import dev.rowmq.message.MessageKey;

import jakarta.persistence.Embeddable;

import java.io.Serializable;

/** The primary key of {@code message}. */
@Embeddable
record RowKey(int queueId, short priority, long position) implements Serializable {

    static RowKey of(MessageKey key) {
        return new RowKey(key.queueId(), (short) key.priority(), key.position());
    }

    MessageKey key() {
        return new MessageKey(queueId, priority, position);
    }
}
