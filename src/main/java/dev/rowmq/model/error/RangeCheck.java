package dev.rowmq.model.error;

import java.time.Duration;

/** Refuses a value outside its range with an error that names the field, the value and the range. */
public final class RangeCheck {

    private RangeCheck() {}

    /**
     * Returns the value.
     *
     * @throws QueueException {@link ErrorCode#OUT_OF_RANGE} when the value is not within {@code min} to {@code max},
     *     both included
     */
    public static long within(String field, long value, long min, long max) {
        if (value < min || value > max) {
            throw outOfRange(field, Long.toString(value), Long.toString(min), Long.toString(max));
        }
        return value;
    }

    /** As {@link #within(String, long, long, long)}. */
    public static double within(String field, double value, double min, double max) {
        if (!(value >= min && value <= max)) {
            throw outOfRange(field, Double.toString(value), Double.toString(min), Double.toString(max));
        }
        return value;
    }

    /** As {@link #within(String, long, long, long)}. */
    public static Duration within(String field, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw outOfRange(field, DurationFormat.text(value), DurationFormat.text(min), DurationFormat.text(max));
        }
        return value;
    }

    private static QueueException outOfRange(String field, String value, String min, String max) {
        return new QueueException(
                ErrorCode.OUT_OF_RANGE, field, "%s is %s; allowed is %s to %s".formatted(field, value, min, max));
    }
}
