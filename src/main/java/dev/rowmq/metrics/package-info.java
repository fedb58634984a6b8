/**
 * Figures for machines: Micrometer meters by queue and {@code GET /actuator/queues}, both read from one cached snapshot,
 * {@link dev.rowmq.metrics.QueueFigures}.
 */
package dev.rowmq.metrics;
