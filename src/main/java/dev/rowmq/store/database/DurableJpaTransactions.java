package dev.rowmq.store.database;

import jakarta.persistence.EntityManagerFactory;

import java.util.concurrent.atomic.AtomicLong;

import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** JPA transactions. A commit is durable when it returns. */
public final class DurableJpaTransactions extends JpaTransactionManager {

    private final transient DurableTransactions durable;
    private final AtomicLong changes = new AtomicLong();

    public DurableJpaTransactions(EntityManagerFactory entityManagerFactory, DurableTransactions durable) {
        super(entityManagerFactory);
        this.durable = durable;
    }

    @Override
    protected void doBegin(Object transaction, TransactionDefinition definition) {
        durable.begin(definition, () -> super.doBegin(transaction, definition));
    }

    @Override
    protected void doCommit(DefaultTransactionStatus status) {
        try {
            durable.commit(status, () -> super.doCommit(status));
        } finally {
            changes.addAndGet(status.isReadOnly() ? 0 : 1);
        }
    }

    /** The number of transactions so far that may have changed data, counted after their commit. */
    public long changes() {
        return changes.get();
    }

    @Override
    protected void doRollback(DefaultTransactionStatus status) {
        DurableTransactions.rollback(() -> super.doRollback(status));
    }

    @Override
    protected void doCleanupAfterCompletion(Object transaction) {
        try {
            super.doCleanupAfterCompletion(transaction);
        } finally {
            durable.end();
        }
    }
}
