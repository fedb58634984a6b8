package dev.rowmq.store.setup;

import dev.rowmq.store.postgres.connection.PostgresSchema;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.store.*}.
 *
 * @param schema       the PostgreSQL schema of all tables, sequences and functions of this service, made at the first
 *     start; default {@code rowmq}, or {@code public} where a version before 0.2 made them. 1 to 40 of a-z 0-9 _
 * @param migration    the role that makes and changes the tables
 * @param maxShare     the largest share of the connections that the PostgreSQL server gives to the role (its
 *     {@code max_connections}, or the limit of the role or database) for one pool, which each instance has for each
 *     partition; above 0, at most 1; default 0.5. A pool has at least 3 connections
 * @param startTimeout how long a start waits for a PostgreSQL server that does not answer yet, 0s to 1h; default 60s
 */
@ConfigurationProperties("rowmq.store")
record StoreProperties(
        String schema,
        @DefaultValue Migration migration,
        @DefaultValue("0.5") double maxShare,
        @DefaultValue("60s") Duration startTimeout) {

    /**
     * The role that makes and changes the tables, on PostgreSQL.
     *
     * @param username default: the role of the connections of the service
     * @param password of that role
     */
    record Migration(String username, String password) {}

    StoreProperties {
        PostgresSchema.check("rowmq.store.schema", schema);
        if (!(maxShare > 0 && maxShare <= 1)) {
            throw new IllegalArgumentException(
                    "rowmq.store.max-share is " + maxShare + "; allowed is above 0, at most 1");
        }
        if (startTimeout.isNegative() || startTimeout.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("rowmq.store.start-timeout is " + startTimeout
                    + "; allowed is 0s to 1h");
        }
    }
}
