package dev.rowmq.store.database;

import jakarta.persistence.EntityManagerFactory;

import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** JPA transactions. A commit is durable when it returns. */
public final class DurableJpaTransactions extends JpaTransactionManager {

    private final transient DurableTransactions durable;

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
        durable.commit(status, () -> super.doCommit(status));
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
