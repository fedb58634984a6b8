/**
 * Queues in the database: distribution over partitions, claims and settlements in all of them, queries over all of
 * them. Layer: queue. Entry point: {@code DurableStorage}, behind the interface of {@code queue.storage}.
 */
package dev.rowmq.queue.durable;
