/**
 * The contract of the message store: send, claim and settle in sets ({@link dev.rowmq.store.MessageStore}), and bulk
 * work on sets ({@link dev.rowmq.store.BulkStore}). Layer: store, below the queue service. Implementations: {@code h2}
 * and {@code postgres}, which code above the store does not refer to, and {@code memory}, which does its bulk work by
 * itself. The tables are made by the migrations in {@code src/main/resources/db/migration}.
 */
package dev.rowmq.store;
