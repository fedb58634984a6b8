package dev.rowmq.store.database;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** The part of a transaction manager that {@link Durability} asks for, the same for JPA and for JDBC. */
public final class DurableTransactions {

    private static final Logger log = LoggerFactory.getLogger(DurableTransactions.class);

    private DurableTransactions() {}

    static void begin(Durability durability, TransactionDefinition definition, Runnable begin) {
        if (!definition.isReadOnly()) {
            durability.beforeChange();
        }
        try {
            begin.run();
        } catch (RuntimeException | Error failure) {
            durability.afterChange();
            throw failure;
        }
    }

    /** @throws QueueException {@link ErrorCode#OUTCOME_UNKNOWN}: whoever fails here cannot know whether the change is there */
    static void commit(Durability durability, DefaultTransactionStatus status, Runnable commit) {
        try {
            commit.run();
            if (!status.isReadOnly()) {
                durability.afterCommit();
            }
        } catch (RuntimeException failure) {
            if (status.isReadOnly()) {
                throw failure;
            }
            throw outcomeUnknown(failure);
        }
    }

    public static QueueException outcomeUnknown(RuntimeException failure) {
        return new QueueException(
                ErrorCode.OUTCOME_UNKNOWN,
                "the database broke off while the change was being committed; it may have happened or not:"
                        + " look, or repeat it with the same message id",
                failure);
    }

    /**
     * A rollback that fails is done all the same: the connection is dead, and the database forgets what was not committed.
     * It must not hide why it came to a rollback.
     */
    static void rollback(Runnable rollback) {
        try {
            rollback.run();
        } catch (RuntimeException connectionDead) {
            log.debug("a rollback failed", connectionDead);
        }
    }
}
