package dev.rowmq.model.queue;

import java.util.Arrays;

/** The counters of one queue, or a change of them. Immutable. */
public final class QueueCounts {

    public static final QueueCounts ZERO = new QueueCounts(new long[QueueCounter.values().length]);

    private final long[] values;

    private QueueCounts(long[] values) {
        this.values = values;
    }

    public static QueueCounts of(QueueCounter figure, long value) {
        return ZERO.plus(figure, value);
    }

    /** @param values one value for each {@link QueueCounter}, in the order of the enum */
    public static QueueCounts of(long[] values) {
        if (values.length != ZERO.values.length) {
            throw new IllegalArgumentException(values.length + " values for " + ZERO.values.length + " figures");
        }
        return new QueueCounts(values.clone());
    }

    public long get(QueueCounter figure) {
        return values[figure.ordinal()];
    }

    public QueueCounts plus(QueueCounter figure, long value) {
        long[] sum = values.clone();
        sum[figure.ordinal()] += value;
        return new QueueCounts(sum);
    }

    public QueueCounts plus(QueueCounts other) {
        long[] sum = values.clone();
        Arrays.setAll(sum, i -> values[i] + other.values[i]);
        return new QueueCounts(sum);
    }

    /** Number of messages in the queue, without its dead letters. */
    public long held() {
        return get(QueueCounter.READY) + get(QueueCounter.DELAYED) + get(QueueCounter.IN_FLIGHT);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof QueueCounts counts && Arrays.equals(values, counts.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (QueueCounter figure : QueueCounter.values()) {
            text.append(text.isEmpty() ? "" : " ").append(figure).append('=').append(get(figure));
        }
        return text.toString();
    }
}
