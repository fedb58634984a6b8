package dev.rowmq.model.queue;

import java.util.Arrays;

/** The figures of one queue, or a change of them. Immutable. */
public final class Counts {

    public static final Counts ZERO = new Counts(new long[Figure.values().length]);

    private final long[] values;

    private Counts(long[] values) {
        this.values = values;
    }

    public static Counts of(Figure figure, long value) {
        return ZERO.plus(figure, value);
    }

    /** @param values one for each figure, in their order */
    public static Counts of(long[] values) {
        if (values.length != ZERO.values.length) {
            throw new IllegalArgumentException(values.length + " values for " + ZERO.values.length + " figures");
        }
        return new Counts(values.clone());
    }

    public long get(Figure figure) {
        return values[figure.ordinal()];
    }

    public Counts plus(Figure figure, long value) {
        long[] sum = values.clone();
        sum[figure.ordinal()] += value;
        return new Counts(sum);
    }

    public Counts plus(Counts other) {
        long[] sum = values.clone();
        Arrays.setAll(sum, i -> values[i] + other.values[i]);
        return new Counts(sum);
    }

    /** Messages the queue holds, dead letters apart. */
    public long held() {
        return get(Figure.READY) + get(Figure.DELAYED) + get(Figure.IN_FLIGHT);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Counts counts && Arrays.equals(values, counts.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Figure figure : Figure.values()) {
            text.append(text.isEmpty() ? "" : " ").append(figure).append('=').append(get(figure));
        }
        return text.toString();
    }
}
