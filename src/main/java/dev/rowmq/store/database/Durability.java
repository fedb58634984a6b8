package dev.rowmq.store.database;

/** The actions besides COMMIT that make a change survive a crash. The defaults are those of PostgreSQL. */
public interface Durability {

    /**
     * Runs before each transaction that writes.
     *
     * @throws dev.rowmq.model.error.QueueException {@link dev.rowmq.model.error.ErrorCode#STORE_FULL} when the disk has
     *     too little free space for any change
     */
    default void beforeChange() {}

    /** Runs after each commit of a transaction that writes; the change is durable when this method returns. */
    default void afterCommit() {}

    /**
     * Runs at the end of every transaction, read-only or not, committed or rolled back, and after a begin that failed.
     */
    default void afterChange() {}

    /** The maximum total size in bytes of the bodies in rows that one transaction may change, at least 1. */
    default long maxRewriteBytes() {
        return Long.MAX_VALUE;
    }
}
