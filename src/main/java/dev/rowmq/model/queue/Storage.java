package dev.rowmq.model.queue;

/** Where a queue keeps its messages. The order is that of the stored numbers: append only. */
public enum Storage {
    /** In the database: what was accepted survives every crash. */
    DURABLE,
    /**
     * In the memory of the instance that was sent the message, and gone with its process; other instances do not see
     * it.
     */
    MEMORY
}
