package dev.rowmq.store.database;

/** The actions around a change, beside COMMIT, that make it survive a crash. The defaults are those of PostgreSQL. */
public interface Durability {

    /**
     * Precedes each transaction that writes.
     *
     * @throws dev.rowmq.model.error.QueueException {@link dev.rowmq.model.error.ErrorCode#STORE_FULL} when the disk has
     *     too little room for any change
     */
    default void beforeChange() {}

    /** Follows each commit; the change is durable when this returns. */
    default void afterCommit() {}

    /** Follows each transaction that writes, whatever its outcome. */
    default void afterChange() {}

    /** The maximum number of bytes of bodies whose rows one transaction may change, at least 1. */
    default long maxRewriteBytes() {
        return Long.MAX_VALUE;
    }
}
