package dev.rowmq.store;

import java.util.function.Supplier;

import org.springframework.dao.DataAccessException;
import org.springframework.transaction.support.TransactionTemplate;

/** Transactions without a Hibernate session, for the hot path and the jobs, and statements that are their own. */
public final class Transactions {

    private final TransactionTemplate template;
    private final Partitions partitions;

    Transactions(DurableJdbcTransactions manager, Partitions partitions) {
        this.template = new TransactionTemplate(manager);
        this.partitions = partitions;
    }

    /**
     * Runs the work in one transaction of its own and returns when it is durable.
     *
     * @throws dev.rowmq.message.Refusal STORE_UNAVAILABLE (nothing changed) or OUTCOME_UNKNOWN
     */
    public <T> T write(Supplier<T> work) {
        return FailureTranslation.translating(() -> template.execute(status -> work.get()));
    }

    /**
     * Runs one statement that commits itself, which saves the round trip of a COMMIT. It is durable when this returns. Behind
     * a connection pooler it is a transaction that sets its own settings ({@link PostgresDataSource}). Not for H2, where
     * {@link #write} makes it durable.
     *
     * @throws dev.rowmq.message.Refusal STORE_UNAVAILABLE (nothing changed) or OUTCOME_UNKNOWN
     */
    <T> T once(Supplier<T> statement) {
        if (partitions.pooler()) {
            return write(statement);
        }
        try {
            return statement.get();
        } catch (DataAccessException failure) {
            throw FailureTranslation.mayHaveCommitted(failure)
                    ? DurableTransactions.outcomeUnknown(failure)
                    : FailureTranslation.translated(failure);
        }
    }

    /**
     * Runs what follows after {@link #once}: whatever fails here, that statement was committed.
     *
     * @throws dev.rowmq.message.Refusal OUTCOME_UNKNOWN
     */
    void after(Runnable rest) {
        try {
            rest.run();
        } catch (RuntimeException failure) {
            throw DurableTransactions.outcomeUnknown(failure);
        }
    }
}
