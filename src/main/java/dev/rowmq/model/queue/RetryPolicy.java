package dev.rowmq.model.queue;

import dev.rowmq.model.error.RangeCheck;

import java.time.Duration;

/**
 * The backoff of a message after a failed delivery.
 *
 * @param initial    backoff after the first failed delivery, 0s to 12h; 0s = no backoff after any delivery, regardless
 *     of the other two values
 * @param multiplier factor from one backoff to the next, 1 to 100
 * @param max        longest backoff, 0s to 7d
 */
public record RetryPolicy(Duration initial, double multiplier, Duration max) {

    public static final RetryPolicy DEFAULT = new RetryPolicy(Duration.ZERO, 2, Duration.ofMinutes(15));

    /** For push deliveries from a queue without a backoff: an immediate second call would most likely fail as well. */
    public static final RetryPolicy PUSH = new RetryPolicy(Duration.ofSeconds(1), 2, Duration.ofMinutes(15));

    public RetryPolicy {
        RangeCheck.within("retry.initial", initial, Duration.ZERO, Duration.ofHours(12));
        RangeCheck.within("retry.multiplier", multiplier, 1, 100);
        RangeCheck.within("retry.max", max, Duration.ZERO, Duration.ofDays(7));
    }

    /**
     * Returns the backoff after the delivery with this number (1 is the first). It no longer grows after the 61st
     * delivery.
     */
    public Duration backoffAfter(int deliveries) {
        double millis = initial.toMillis() * Math.pow(multiplier, Math.clamp(deliveries - 1L, 0, 60));
        return Duration.ofMillis((long) Math.min(millis, max.toMillis()));
    }
}
