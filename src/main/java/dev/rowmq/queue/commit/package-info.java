/**
 * Group commit: concurrent requests of one kind share one transaction. Layer: queue. Entry points: {@link
 * dev.rowmq.queue.commit.GroupCommit}, and {@link dev.rowmq.queue.commit.PartitionedCommit} for all partitions.
 */
package dev.rowmq.queue.commit;

