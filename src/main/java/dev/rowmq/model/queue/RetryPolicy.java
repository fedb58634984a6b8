package dev.rowmq.model.queue;

import dev.rowmq.model.error.RangeCheck;

import java.time.Duration;

/**
 * How long a message rests after a delivery that failed.
 *
 * @param initial    rest after the first failed delivery, 0s to 12h; 0s = ready again at once, whatever the other two
 *     say
 * @param multiplier each further rest is this many times the one before, 1 to 100
 * @param max        no rest is longer, 0s to 7d
 */
public record RetryPolicy(Duration initial, double multiplier, Duration max) {

    public static final RetryPolicy DEFAULT = new RetryPolicy(Duration.ZERO, 2, Duration.ofMinutes(15));

    /**
     * For deliveries that the service makes by itself, where the queue has no rests: to call again at once would help
     * nobody.
     */
    public static final RetryPolicy PUSH = new RetryPolicy(Duration.ofSeconds(1), 2, Duration.ofMinutes(15));

    public RetryPolicy {
        RangeCheck.within("retry.initial", initial, Duration.ZERO, Duration.ofHours(12));
        RangeCheck.within("retry.multiplier", multiplier, 1, 100);
        RangeCheck.within("retry.max", max, Duration.ZERO, Duration.ofDays(7));
    }

    /** The rest after the delivery with this number (1 is the first); it grows no more after the 61st. */
    public Duration restAfter(int deliveries) {
        double millis = initial.toMillis() * Math.pow(multiplier, Math.clamp(deliveries - 1L, 0, 60));
        return Duration.ofMillis((long) Math.min(millis, max.toMillis()));
    }
}
