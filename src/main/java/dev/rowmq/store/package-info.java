/**
 * The contract of the message store: send, claim and settle in sets, and bulk work on sets. Layer: store, below the
 * queue service. Implementations: {@code h2}, {@code postgres} and {@code memory}. Nothing above the store names those.
 * The tables are made by the migrations in {@code src/main/resources/db/migration}.
 */
package dev.rowmq.store;
