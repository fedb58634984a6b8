/**
 * The audit of changes: who changed what, when, from where, and with which outcome. Layer: queue. Entry point: {@link
 * dev.rowmq.queue.audit.AuditTrail}.
 */
package dev.rowmq.queue.audit;
