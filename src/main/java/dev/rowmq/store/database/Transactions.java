package dev.rowmq.store.database;

import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

import org.springframework.dao.DataAccessException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Transactions without a Hibernate session, for the hot path and the jobs, and single statements that commit
 * themselves.
 */
public final class Transactions {

    private static final int REST_PER_SET = 8;
    private static final long HOT_NANOS = 100_000_000;

    private final TransactionTemplate template;
    private final DurableTransactions durable;
    private final DatabaseSupport database;
    private volatile long hotAt = System.nanoTime() - HOT_NANOS;

    public Transactions(DurableJdbcTransactions manager, DurableTransactions durable, DatabaseSupport database) {
        this.template = new TransactionTemplate(manager);
        this.durable = durable;
        this.database = database;
    }

    /**
     * Runs the work in a transaction of its own. The change is durable when this method returns.
     *
     * @throws dev.rowmq.model.error.QueueException STORE_UNAVAILABLE or STORE_FULL (nothing changed), or
     *     OUTCOME_UNKNOWN
     */
    public <T> T inTransaction(Supplier<T> work) {
        return SqlErrorTranslator.translating(() -> template.execute(status -> work.get()));
    }

    /**
     * As {@link #inTransaction}, for a set of many rows off the hot path. While sends, receives or settlements are
     * going on, the thread waits afterwards for {@value #REST_PER_SET} times as long as the set took, so that they keep
     * most of their speed.
     */
    public <T> T bulk(Supplier<T> set) {
        long[] begin = {System.nanoTime()};
        T result = inTransaction(() -> {
            // the time that this set waited for other transactions does not count: it delayed none of them
            begin[0] = System.nanoTime();
            return set.get();
        });
        long end = System.nanoTime();
        if (end - hotAt < HOT_NANOS) {
            LockSupport.parkNanos(REST_PER_SET * (end - begin[0]));
        }
        return result;
    }

    /** Records that the hot path is in use. */
    public void hot() {
        hotAt = System.nanoTime();
    }

    /**
     * Runs one statement that commits itself, which saves the round trip of a COMMIT. The change is durable when this
     * method returns. Behind a connection pooler the statement runs in a transaction that applies its own settings (see
     * {@code PostgresDataSource}). Not for H2, where only {@link #inTransaction} makes a change durable.
     *
     * @throws dev.rowmq.model.error.QueueException STORE_UNAVAILABLE or STORE_FULL (nothing changed), or
     *     OUTCOME_UNKNOWN
     */
    public <T> T autoCommitted(Supplier<T> statement) {
        if (database.behindPooler()) {
            return inTransaction(statement);
        }
        try {
            return statement.get();
        } catch (DataAccessException failure) {
            throw SqlErrorTranslator.mayHaveCommitted(failure)
                    ? DurableTransactions.outcomeUnknown(failure)
                    : SqlErrorTranslator.translated(failure);
        } finally {
            durable.changed();
        }
    }

    /**
     * Runs work that belongs to the same request as a statement of {@link #autoCommitted}. A failure of this work does
     * not undo the statement, so the caller gets OUTCOME_UNKNOWN.
     *
     * @param work runs after the statement was committed
     * @throws dev.rowmq.model.error.QueueException OUTCOME_UNKNOWN when the work fails
     */
    public void afterCommitted(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException failure) {
            throw DurableTransactions.outcomeUnknown(failure);
        }
    }

    /** The number of changes that this process has attempted so far, including those that failed. */
    public long changes() {
        return durable.changes();
    }
}
