package dev.rowmq.model.queue;

import dev.rowmq.model.error.RangeCheck;

/**
 * How fast messages may be sent: a token bucket that holds {@code burst} tokens and gains {@code messagesPerSecond}
 * each second. Over any time t no more than {@code messagesPerSecond * t + burst} messages are taken.
 *
 * @param messagesPerSecond 1 to 1,000,000
 * @param burst             1 to 1,000,000; 0 = as many as in a second
 */
public record SendRate(int messagesPerSecond, int burst) {

    private static final int MOST = 1_000_000;

    public SendRate {
        RangeCheck.within("sendRate.messagesPerSecond", messagesPerSecond, 1, MOST);
        burst = burst == 0 ? messagesPerSecond : burst;
        RangeCheck.within("sendRate.burst", burst, 1, MOST);
    }
}
