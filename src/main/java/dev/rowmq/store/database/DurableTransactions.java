package dev.rowmq.store.database;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import java.util.concurrent.atomic.AtomicLong;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionStatus;

/**
 * The parts that the JPA and the JDBC transaction manager share: a commit is durable when it returns, and is counted.
 */
public final class DurableTransactions {

    private static final Logger log = LoggerFactory.getLogger(DurableTransactions.class);

    private final Durability durability;
    private final AtomicLong changes = new AtomicLong();

    public DurableTransactions(Durability durability) {
        this.durability = durability;
    }

    /** The number of transactions and single statements of this process that may have changed data. */
    long changes() {
        return changes.get();
    }

    /** Counts one transaction or one statement that commits itself, whether it succeeded or not. */
    void changed() {
        changes.incrementAndGet();
    }

    void begin(TransactionDefinition definition, Runnable begin) {
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

    /**
     * @throws QueueException {@link ErrorCode#OUTCOME_UNKNOWN} when the commit failed: the change may be there or not
     */
    void commit(DefaultTransactionStatus status, Runnable commit) {
        if (status.isReadOnly()) {
            commit.run();
            return;
        }
        try {
            commit.run();
            durability.afterCommit();
        } catch (RuntimeException failure) {
            throw outcomeUnknown(failure);
        } finally {
            changed();
        }
    }

    void end() {
        durability.afterChange();
    }

    public static QueueException outcomeUnknown(RuntimeException failure) {
        return new QueueException(
                ErrorCode.OUTCOME_UNKNOWN,
                "the connection to the database broke during the commit; the change may have happened or not:"
                        + " check, or repeat it with the same message id",
                failure);
    }

    /**
     * Rolls back. A failure is only logged: the connection is dead, and the database discards the uncommitted change.
     * The failure must not hide the reason for the rollback.
     */
    static void rollback(Runnable rollback) {
        try {
            rollback.run();
        } catch (RuntimeException connectionDead) {
            log.debug("a rollback failed", connectionDead);
        }
    }
}
