package dev.rowmq.store.database;

import javax.sql.DataSource;

import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** JDBC transactions of the hot path, without a Hibernate session. A commit is durable when it returns. */
public final class DurableJdbcTransactions extends JdbcTransactionManager {

    private final transient DurableTransactions durable;

    public DurableJdbcTransactions(DataSource dataSource, DurableTransactions durable) {
        super(dataSource);
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
