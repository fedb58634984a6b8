/**
 * Queues in the database: group commit, distribution over partitions, queries over all partitions. Layer: queue.
 */
package dev.rowmq.queue.durable;

