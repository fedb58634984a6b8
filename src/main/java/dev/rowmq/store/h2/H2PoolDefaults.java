package dev.rowmq.store.h2;

import dev.rowmq.store.database.StoreStartException;

import com.zaxxer.hikari.HikariDataSource;

/**
 * The settings of each connection pool on H2. The file is checked first, and a database that closed itself is opened
 * again.
 */
public final class H2PoolDefaults {

    /**
     * Settings that apply whenever the database is opened. A write delay set by a statement is lost when the database
     * is opened again.
     */
    private static final String ALWAYS = ";WRITE_DELAY=0;RETENTION_TIME=0;TRACE_LEVEL_FILE=0";

    private H2PoolDefaults() {}

    /**
     * Refuses a URL whose file does not exist.
     *
     * @throws StoreStartException when H2 would create the file; URLs of other databases are not checked
     */
    public static void requireFile(String url) {
        if (url.startsWith("jdbc:h2:")) {
            H2StoreFile.of(url).ifPresent(H2StoreFile::require);
        }
    }

    /** @throws StoreStartException when the file is damaged or incomplete */
    public static void applyTo(HikariDataSource pool) {
        if (pool.getJdbcUrl() != null && pool.getJdbcUrl().startsWith("jdbc:h2:")) {
            H2StoreFile.of(pool.getJdbcUrl()).ifPresent(H2StoreFile::check);
            pool.setJdbcUrl(pool.getJdbcUrl() + ALWAYS);
            pool.setExceptionOverride(new H2Recovery(pool));
        }
    }
}
