/**
 * Queues and topics: create, change, pause, delete, and a cache of queues for the hot path. Layer: queue. Entry points:
 * {@link dev.rowmq.queue.catalog.QueueAdmin} and {@link dev.rowmq.queue.catalog.TopicAdmin}.
 */
package dev.rowmq.queue.catalog;

