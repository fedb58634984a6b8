package dev.rowmq.model.message.key;

import java.util.Comparator;

/**
 * Primary key of a message's row. Its order is the order of delivery.
 *
 * @param priority 0 is delivered first
 * @param position value of a database sequence in the order of sending, never reused; the upper 16 bits are the
 *     partition
 */
public record MessageKey(int queueId, int priority, long position) implements Comparable<MessageKey> {

    private static final Comparator<MessageKey> ORDER = Comparator.comparingInt(MessageKey::queueId)
            .thenComparingInt(MessageKey::priority)
            .thenComparingLong(MessageKey::position);

    @Override
    public int compareTo(MessageKey other) {
        return ORDER.compare(this, other);
    }
}
