package dev.rowmq.model.queue;

import java.time.Duration;

/**
 * The rules of a FIFO queue: each message belongs to a group, and the messages of a group are delivered in the order of
 * sending, one delivery at a time.
 *
 * @param contentBasedDeduplication whether a message without an id of its own has its body as its deduplication id
 * @param deduplicationPerGroup     whether messages of different groups may have the same deduplication id
 */
public record FifoRules(boolean contentBasedDeduplication, boolean deduplicationPerGroup) {

    /** How long a deduplication id is compared with those of later messages, as in Amazon SQS. */
    public static final Duration DEDUPLICATION_WINDOW = Duration.ofMinutes(5);
}
