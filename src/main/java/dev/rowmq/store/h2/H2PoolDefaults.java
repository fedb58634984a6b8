package dev.rowmq.store.h2;

import com.zaxxer.hikari.HikariDataSource;

/**
 * What every pool of connections to H2 gets: a file that was looked at before, and a database that is opened again when
 * it closed itself.
 */
public final class H2PoolDefaults {

    /** Settings that hold whenever the database is opened; a write delay that is set by a statement is forgotten. */
    private static final String ALWAYS = ";WRITE_DELAY=0;RETENTION_TIME=0;TRACE_LEVEL_FILE=0";

    private H2PoolDefaults() {}

    /** @throws dev.rowmq.store.database.StoreStartException when the file is not whole */
    public static void applyTo(HikariDataSource pool) {
        if (pool.getJdbcUrl() != null && pool.getJdbcUrl().startsWith("jdbc:h2:")) {
            H2StoreFile.of(pool.getJdbcUrl()).ifPresent(H2StoreFile::check);
            pool.setJdbcUrl(pool.getJdbcUrl() + ALWAYS);
            pool.setExceptionOverride(new H2Recovery(pool));
        }
    }
}
