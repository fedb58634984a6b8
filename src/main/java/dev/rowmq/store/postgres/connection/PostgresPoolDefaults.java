package dev.rowmq.store.postgres.connection;

import com.zaxxer.hikari.HikariDataSource;

import java.time.Duration;
import java.util.Map;

/**
 * The default properties of every pool of connections to PostgreSQL, which the URL may override: every wait has a
 * limit, and only a primary is written to. {@link PostgresDataSource} opens the connections.
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

    /**
     * @param schema null = the default schema
     * @param share  maximum share of the connections that the server gives to the role, above 0, at most 1
     */
    public static void applyTo(HikariDataSource pool, String schema, double share) {
        if (isPostgres(pool)) {
            PROPERTIES.forEach(pool.getDataSourceProperties()::putIfAbsent);
            // the hot path's statements commit themselves: without auto-commit they would be rolled back without an
            // error
            pool.setAutoCommit(true);
            pool.setDataSource(new PostgresDataSource(pool, new PostgresSchema(schema),
                    new ConnectionShare(pool, share)));
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
