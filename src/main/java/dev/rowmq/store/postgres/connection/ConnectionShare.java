package dev.rowmq.store.postgres.connection;

import com.zaxxer.hikari.HikariDataSource;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Bounds a pool by a share of the connections that the database server gives to the role. */
final class ConnectionShare {

    /**
     * The connections that the role may have: those of the server without the reserved ones, or the lower limit of the
     * role or of the database.
     */
    static final String CONNECTION_LIMIT = """
        least(
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0),
            (select nullif(rolconnlimit, -1) from pg_catalog.pg_roles where rolname = current_user),
            (select nullif(datconnlimit, -1) from pg_catalog.pg_database where datname = current_database()))
        """;

    /** Connections without which the service cannot work, one of them to listen. */
    static final int MIN_CONNECTIONS = 3;

    private static final Logger log = LoggerFactory.getLogger(ConnectionShare.class);

    private final HikariDataSource pool;
    private final double share;
    private final int configured;

    /** @param share above 0, at most 1 */
    ConnectionShare(HikariDataSource pool, double share) {
        this.pool = pool;
        this.share = share;
        this.configured = pool.getMaximumPoolSize();
    }

    /**
     * Sets the maximum of the pool. Called for each new connection, as the limits of a server may change. Connections
     * above a lower maximum end with their lifetime.
     *
     * @param limit as {@link #CONNECTION_LIMIT}
     */
    synchronized void apply(int limit) {
        int maximum = maximum(configured, share, limit);
        if (maximum != pool.getMaximumPoolSize()) {
            pool.setMaximumPoolSize(maximum);
            log.atLevel(maximum < configured ? Level.WARN : Level.INFO)
                    .log(
                            "the pool has at most {} connections (spring.datasource.hikari.maximum-pool-size is {}): "
                                    + "rowmq.store.max-share is {} and the role may have {}",
                            maximum,
                            configured,
                            share,
                            limit);
        }
    }

    /** A pool without a configured maximum (a value below 1) has Hikari's default of 10. */
    static int maximum(int configured, double share, int limit) {
        int wanted = configured < 1 ? 10 : configured;
        return Math.min(wanted, Math.max(MIN_CONNECTIONS, (int) (share * limit)));
    }
}
