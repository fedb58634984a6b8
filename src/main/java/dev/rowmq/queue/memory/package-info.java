/** Queues in the memory of this instance: an implementation of {@code queue.storage}. Layer: queue. */
package dev.rowmq.queue.memory;

