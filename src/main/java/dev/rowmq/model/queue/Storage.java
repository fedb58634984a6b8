package dev.rowmq.model.queue;

/** Where a queue stores its messages. The ordinals are stored in the database, so constants may only be appended. */
public enum Storage {
    /** In the database: accepted messages survive every crash. */
    DURABLE,
    /**
     * In the memory of the instance that accepted the message. The message ends with that process, and other instances
     * do not see it.
     */
    MEMORY
}
