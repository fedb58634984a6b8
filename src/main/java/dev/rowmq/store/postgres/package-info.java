/**
 * The PostgreSQL implementation of the store: statements, connection settings, vacuum. Layer: store. Only
 * {@code store.setup} may refer to it.
 */
package dev.rowmq.store.postgres;
