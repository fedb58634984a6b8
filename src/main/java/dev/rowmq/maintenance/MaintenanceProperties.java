package dev.rowmq.maintenance;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.maintenance.*}: the delay from the end of one run of a job to its next run. 0s = the job is off.
 *
 * @param redelivery   makes due delayed messages ready and ends expired leases; default 200ms, up to 10s
 * @param cleanUp      removes expired messages, old processed ids and old dead letters; default 1m, up to 1d
 * @param vacuum       vacuums the hot tables of PostgreSQL, compacts the file of H2; default 2m, up to 1d
 * @param memoryReport logs a line on memory and queues; default 0s (off), up to 1d
 */
@ConfigurationProperties("rowmq.maintenance")
record MaintenanceProperties(
        @DefaultValue("200ms") Duration redelivery,
        @DefaultValue("1m") Duration cleanUp,
        @DefaultValue("2m") Duration vacuum,
        @DefaultValue("0s") Duration memoryReport) {

    MaintenanceProperties {
        within("redelivery", redelivery, Duration.ofSeconds(10));
        within("clean-up", cleanUp, Duration.ofDays(1));
        within("vacuum", vacuum, Duration.ofDays(1));
        within("memory-report", memoryReport, Duration.ofDays(1));
    }

    private static void within(String setting, Duration value, Duration longest) {
        if (value.isNegative() || value.compareTo(longest) > 0) {
            throw new IllegalArgumentException(
                    "rowmq.maintenance.%s is %s; allowed is 0s (off) to %s".formatted(setting, value, longest));
        }
    }
}
