/**
 * The storage of a queue: the interface to its contents, and the selection of its implementation. Layer: queue.
 * Implementations: {@code queue.durable} and {@code queue.memory}.
 */
package dev.rowmq.queue.storage;

