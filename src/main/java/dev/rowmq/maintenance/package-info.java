/**
 * The scheduled jobs, one method each; the work is in {@code dev.rowmq.queue.maintenance}. Layer: way in. Entry point:
 * {@link dev.rowmq.maintenance.MaintenanceProperties}, the settings.
 */
package dev.rowmq.maintenance;
