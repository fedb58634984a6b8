package dev.rowmq.model.queue;

import dev.rowmq.model.error.RangeCheck;

/**
 * A limit on the rate of sends: a token bucket that holds {@code burst} tokens and gains {@code messagesPerSecond}
 * tokens each second. In any period of t seconds at most {@code messagesPerSecond * t + burst} messages are accepted.
 *
 * @param messagesPerSecond 1 to 1,000,000
 * @param burst             1 to 1,000,000; 0 = the value of {@code messagesPerSecond}
 */
public record SendRate(int messagesPerSecond, int burst) {

    private static final int MAX_RATE = 1_000_000;

    public SendRate {
        RangeCheck.within("sendRate.messagesPerSecond", messagesPerSecond, 1, MAX_RATE);
        burst = burst == 0 ? messagesPerSecond : burst;
        RangeCheck.within("sendRate.burst", burst, 1, MAX_RATE);
    }
}
