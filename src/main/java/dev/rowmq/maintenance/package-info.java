/**
 * Timed jobs: they start work in {@link dev.rowmq.queue.Housekeeping} and say what it did. Door: {@link
 * dev.rowmq.maintenance.MaintenanceProperties}, the settings.
 */
package dev.rowmq.maintenance;
