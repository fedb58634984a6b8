/**
 * The wiring of the store: connection pools, migrations, partitions, the choice of database. Layer: store; no other
 * package imports it.
 */
package dev.rowmq.store.setup;
