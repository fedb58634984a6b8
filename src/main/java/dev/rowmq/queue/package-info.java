/**
 * The queue service. Layer: between the APIs and the store. Entry point: {@link dev.rowmq.queue.QueueService}, which
 * every API calls.
 */
package dev.rowmq.queue;
