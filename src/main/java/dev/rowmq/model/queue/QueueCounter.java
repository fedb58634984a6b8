package dev.rowmq.model.queue;

/**
 * A figure kept of each queue. The first four are levels, the others totals since the queue was made. Each is a column
 * of the table {@code queue_counter} with the same name in lower case.
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
    /** Calls that stored a message or several; {@link #BATCHED} by this is the mean batch size. */
    SEND_CALLS,
    /** Messages that were refused. */
    SEND_ERRORS,
    DUPLICATES,
    RECEIVED,
    REDELIVERED,
    ACKED,
    /** Sum over acked messages of the milliseconds from receive to ack. */
    LATENCY_MILLIS,
    DEAD_LETTERED,
    EXPIRED,
    PURGED,
    /** Messages refused by a rate limit; part of {@link #SEND_ERRORS} as well. */
    RATE_LIMITED,
    /** Messages of the calls that {@link #SEND_CALLS} counts, so that a crash loses both or none. */
    BATCHED
}
