package dev.rowmq.store;

import com.zaxxer.hikari.HikariDataSource;

import java.util.Map;

import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * What every connection to PostgreSQL gets unless the URL says otherwise: nothing waits without a bound, a commit is
 * durable when it returns, and only a primary is written to.
 */
final class PostgresConnections implements BeanPostProcessor {

    private static final Map<String, String> PROPERTIES = Map.of(
            "connectTimeout", "3",
            "socketTimeout", "10",
            "tcpKeepAlive", "true",
            "targetServerType", "primary",
            "autosave", "never",
            "reWriteBatchedInserts", "true",
            "ApplicationName", "rowmq",
            "options",
                    "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000"
                            + " -c synchronous_commit=on");

    @Override
    public Object postProcessBeforeInitialization(Object bean, String name) {
        if (bean instanceof HikariDataSource pool) {
            applyTo(pool);
        }
        return bean;
    }

    static void applyTo(HikariDataSource pool) {
        if (pool.getJdbcUrl() != null
                && pool.getJdbcUrl().startsWith("jdbc:postgresql:")) {
            PROPERTIES.forEach(pool.getDataSourceProperties()::putIfAbsent);
            // the hot path's statements commit themselves: without this they would be rolled back, unseen
            pool.setAutoCommit(true);
        }
    }
}
