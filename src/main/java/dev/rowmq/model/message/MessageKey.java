package dev.rowmq.model.message;

import java.util.Comparator;

/**
 * Where a message stands: the primary key of its row, and the order in which messages are delivered.
 *
 * @param priority 0 is delivered first
 * @param position drawn from one sequence of the database in the order of sending, never used again; the upper 16 bits
 *     are the partition
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
