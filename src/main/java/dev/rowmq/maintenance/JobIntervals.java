package dev.rowmq.maintenance;

import dev.rowmq.queue.maintenance.DatabaseBackup;

import java.time.Duration;

import org.springframework.stereotype.Component;

/** The settings in the form that {@code @Scheduled} needs: milliseconds, and one day for a job that is off. */
@Component
class JobIntervals {

    private final MaintenanceProperties properties;
    private final DatabaseBackup backup;

    JobIntervals(MaintenanceProperties properties, DatabaseBackup backup) {
        this.properties = properties;
        this.backup = backup;
    }

    public long backup() {
        return millis(backup.interval());
    }

    public long redelivery() {
        return millis(properties.redelivery());
    }

    public long cleanUp() {
        return millis(properties.cleanUp());
    }

    public long vacuum() {
        return millis(properties.vacuum());
    }

    public long memoryReport() {
        return millis(properties.memoryReport());
    }

    private static long millis(Duration interval) {
        return interval.isZero() ? Duration.ofDays(1).toMillis() : interval.toMillis();
    }
}
