/**
 * The third implementation of the store contract: messages of queues with {@code storage: memory}, which end with the process.
 *
 * <p>Door: {@link dev.rowmq.store.memory.MemoryStore}. One {@link dev.rowmq.store.memory.MemoryQueue} for each queue does
 * the work, with what the other two do by SQL.
 */
package dev.rowmq.store.memory;
