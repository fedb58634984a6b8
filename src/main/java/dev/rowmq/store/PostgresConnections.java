package dev.rowmq.store;

import com.zaxxer.hikari.HikariDataSource;

import java.time.Duration;
import java.util.Map;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * What every pool of connections to PostgreSQL gets unless the URL says otherwise: nothing waits without a bound, and
 * only a primary is written to. Its connections are opened by {@link PostgresDataSource}.
 */
final class PostgresConnections implements BeanPostProcessor {

    private static final Map<String, String> PROPERTIES = Map.of(
            "connectTimeout", "3",
            "socketTimeout", "10",
            "tcpKeepAlive", "true",
            "targetServerType", "primary",
            "autosave", "never",
            "reWriteBatchedInserts", "true",
            "ApplicationName", "rowmq");

    private final Environment environment;

    PostgresConnections(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Object postProcessBeforeInitialization(Object bean, String name) {
        if (bean instanceof HikariDataSource pool) {
            applyTo(pool);
            H2Connections.applyTo(pool);
            awaitStart(pool);
        }
        return bean;
    }

    static void applyTo(HikariDataSource pool) {
        if (isPostgres(pool)) {
            PROPERTIES.forEach(pool.getDataSourceProperties()::putIfAbsent);
            // the hot path's statements commit themselves: without this they would be rolled back, unseen
            pool.setAutoCommit(true);
            pool.setDataSource(new PostgresDataSource(pool));
        }
    }

    /** @throws StoreStartException when the database cannot be used, or does not answer in time */
    void awaitStart(HikariDataSource pool) {
        if (isPostgres(pool)) {
            Duration timeout = Binder.get(environment)
                    .bindOrCreate("rowmq.store", StoreProperties.class)
                    .startTimeout();
            DatabaseStart.await(pool, timeout);
        }
    }

    private static boolean isPostgres(HikariDataSource pool) {
        return pool.getJdbcUrl() != null && pool.getJdbcUrl().startsWith("jdbc:postgresql:");
    }
}
