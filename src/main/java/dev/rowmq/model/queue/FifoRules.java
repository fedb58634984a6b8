package dev.rowmq.model.queue;

/**
 * The rules of a FIFO queue: each message belongs to a group, and the messages of a group are delivered in the order of
 * sending, one delivery at a time.
 *
 * @param contentBasedDeduplication whether a message without an id of its own has its body as its deduplication id
 * @param deduplicationPerGroup     whether messages of different groups may have the same deduplication id
 */
public record FifoRules(boolean contentBasedDeduplication, boolean deduplicationPerGroup) {}
