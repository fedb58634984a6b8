/**
 * The queue service. Layer: between the ways in and the store. Entry point: {@link dev.rowmq.queue.QueueService}, which
 * every way in calls.
 */
package dev.rowmq.queue;
