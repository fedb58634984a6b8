/**
 * Meters, health and the endpoint {@code /actuator/queues}. Meters and endpoint share one cached snapshot,
 * {@link dev.rowmq.observability.QueueStatsReader}. Layer: way in.
 */
package dev.rowmq.observability;
