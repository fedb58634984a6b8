/**
 * The wiring of the store: connection pools, migrations, partitions, the choice of database. Layer: store. No other
 * package imports this one.
 */
package dev.rowmq.store.setup;
