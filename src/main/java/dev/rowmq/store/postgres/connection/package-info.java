/**
 * The connections to PostgreSQL: their settings, directly and through a pooler, the schema of the service, and the wait
 * for a server that starts. Layer: store. Start with {@link dev.rowmq.store.postgres.connection.PostgresDataSource}.
 */
package dev.rowmq.store.postgres.connection;
