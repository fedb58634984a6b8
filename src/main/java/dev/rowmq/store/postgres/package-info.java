/**
 * The PostgreSQL implementation of the store: statements, connection settings, vacuum. Layer: store. Named by
 * {@code store.setup} only.
 */
package dev.rowmq.store.postgres;
