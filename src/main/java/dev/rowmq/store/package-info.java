/**
 * The contract of the message store: send, claim and settle in sets, and bulk work on sets. Layer: store, below the
 * queue service. Implementations: {@code h2}, {@code postgres} and {@code memory}. Code above the store does not refer
 * to them. The migrations in {@code src/main/resources/db/migration} create the tables.
 */
package dev.rowmq.store;
