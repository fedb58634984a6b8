package dev.rowmq.store.postgres;

import com.zaxxer.hikari.HikariDataSource;

import java.time.Duration;
import java.util.Map;

/**
 * What every pool of connections to PostgreSQL gets unless the URL says otherwise: nothing waits without a bound, and
 * only a primary is written to. Its connections are opened by {@link PostgresDataSource}.
 */
public final class PostgresPoolDefaults {

    private static final Map<String, String> PROPERTIES = Map.of(
            "connectTimeout", "3",
            "socketTimeout", "10",
            "tcpKeepAlive", "true",
            "targetServerType", "primary",
            "autosave", "never",
            "reWriteBatchedInserts", "true",
            "ApplicationName", "rowmq");

    private PostgresPoolDefaults() {}

    public static void applyTo(HikariDataSource pool) {
        if (isPostgres(pool)) {
            PROPERTIES.forEach(pool.getDataSourceProperties()::putIfAbsent);
            // the hot path's statements commit themselves: without this they would be rolled back, unseen
            pool.setAutoCommit(true);
            pool.setDataSource(new PostgresDataSource(pool));
        }
    }

    /**
     * Waits until the database accepts connections.
     *
     * @param timeout limit of the wait
     * @throws dev.rowmq.store.database.StoreStartException when the database cannot be used, or does not answer in time
     */
    public static void awaitStart(HikariDataSource pool, Duration timeout) {
        if (isPostgres(pool)) {
            PostgresStartup.await(pool, timeout);
        }
    }

    private static boolean isPostgres(HikariDataSource pool) {
        return pool.getJdbcUrl() != null && pool.getJdbcUrl().startsWith("jdbc:postgresql:");
    }
}
