package dev.rowmq.store.database;

import jakarta.persistence.EntityManagerFactory;

import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** JPA transactions whose commit is durable when it returns. */
public final class DurableJpaTransactions extends JpaTransactionManager {

    private final transient Durability durability;

    public DurableJpaTransactions(EntityManagerFactory entityManagerFactory, Durability durability) {
        super(entityManagerFactory);
        this.durability = durability;
    }

    @Override
    protected void doBegin(Object transaction, TransactionDefinition definition) {
        DurableTransactions.begin(durability, definition, () -> super.doBegin(transaction, definition));
    }

    @Override
    protected void doCommit(DefaultTransactionStatus status) {
        DurableTransactions.commit(durability, status, () -> super.doCommit(status));
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
            durability.afterChange();
        }
    }
}
