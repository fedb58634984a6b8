/**
 * Queues: name, settings, counts and rates. Layer: model. Entry point: {@link dev.rowmq.model.queue.Queue}.
 */
package dev.rowmq.model.queue;
