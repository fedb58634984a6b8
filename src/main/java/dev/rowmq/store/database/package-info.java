/**
 * The base of every SQL statement: partitions, transactions whose commit is durable, and the translation of database
 * failures. Layer: store. Entry points: {@link dev.rowmq.store.database.Partitions} and {@link
 * dev.rowmq.store.database.Transactions}.
 */
package dev.rowmq.store.database;
