/**
 * The store for queues with {@code storage: memory}, whose messages are lost when the process ends. Layer: store. Entry
 * point: {@link dev.rowmq.store.memory.InMemoryMessageStore}; one {@link dev.rowmq.store.memory.InMemoryQueue} for each
 * queue.
 */
package dev.rowmq.store.memory;
