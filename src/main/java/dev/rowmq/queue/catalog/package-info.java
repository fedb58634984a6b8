/**
 * Queues and topics: create, change, pause, delete, and a cache of queues for the hot path. Layer: queue. Entry points:
 * {@link dev.rowmq.queue.catalog.Queues} and {@link dev.rowmq.queue.catalog.Topics}.
 */
package dev.rowmq.queue.catalog;
