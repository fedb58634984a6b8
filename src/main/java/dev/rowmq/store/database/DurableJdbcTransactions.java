package dev.rowmq.store.database;

import javax.sql.DataSource;

import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** JDBC transactions, without a Hibernate session, whose commit is durable when it returns: the hot path's. */
public final class DurableJdbcTransactions extends JdbcTransactionManager {

    private final transient Durability durability;

    public DurableJdbcTransactions(DataSource dataSource, Durability durability) {
        super(dataSource);
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
