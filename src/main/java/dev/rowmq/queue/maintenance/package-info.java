/**
 * The work of the timed jobs, one class for each duty. Layer: queue; called by {@code dev.rowmq.maintenance}. Each
 * class works on the current partition ({@link dev.rowmq.queue.maintenance.PartitionJobs}) and may run on several
 * instances at the same time.
 */
package dev.rowmq.queue.maintenance;
