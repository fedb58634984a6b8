package dev.rowmq.model.queue;

/**
 * A counter of a queue. The first four are levels, the others are totals since the queue was created. Each one is a
 * column of the table {@code queue_counter} with the same name in lower case.
 */
public enum QueueCounter {
    READY,
    DELAYED,
    IN_FLIGHT,
    /** Dead letters in the queue's own list. */
    DEAD,
    SENT,
    /** Bytes of the bodies of all messages sent. */
    SENT_BYTES,
    /** Calls that stored at least one message; {@link #BATCHED} divided by this is the mean batch size. */
    SEND_CALLS,
    /** Messages whose send was refused. */
    SEND_ERRORS,
    DUPLICATES,
    RECEIVED,
    REDELIVERED,
    ACKED,
    /** Sum over acked messages of the milliseconds from receive to ack. */
    LATENCY_MILLIS,
    DEAD_LETTERED,
    EXPIRED,
    /** Messages that a purge or an operator removed. */
    PURGED,
    /** Messages refused by a rate limit; {@link #SEND_ERRORS} includes them. */
    RATE_LIMITED,
    /**
     * Messages of the calls that {@link #SEND_CALLS} counts. Both are counted together, so that a crash loses both or
     * neither.
     */
    BATCHED
}
