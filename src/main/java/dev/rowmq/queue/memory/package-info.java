/**
 * Queues in the memory of this instance, behind the interface of {@code queue.storage}. Layer: queue.
 */
package dev.rowmq.queue.memory;

