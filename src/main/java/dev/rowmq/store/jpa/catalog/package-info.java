/**
 * JPA entities, repositories and stores of queues, topics and subscriptions. Layer: store. The stores are the entry
 * points; entities and repositories stay in this package.
 */
package dev.rowmq.store.jpa.catalog;
