/**
 * The store for queues with {@code storage: memory}, whose messages end with the process. Layer: store. Entry point:
 * {@link dev.rowmq.store.memory.InMemoryMessageStore}; one {@link dev.rowmq.store.memory.InMemoryQueue} for each queue.
 */
package dev.rowmq.store.memory;
