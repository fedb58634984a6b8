/**
 * The work of the timed jobs. Layer: queue. Entry point: {@link dev.rowmq.queue.maintenance.Housekeeping}, called by
 * {@code dev.rowmq.maintenance}.
 */
package dev.rowmq.queue.maintenance;

