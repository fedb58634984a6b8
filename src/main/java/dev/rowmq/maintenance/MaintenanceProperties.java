package dev.rowmq.maintenance;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.maintenance.*}: how long after the end of a run the next one begins. 0s = the job is off.
 *
 * @param redelivery   delayed messages that are due become ready, leases that ended are given up; default 200ms, to 10s
 * @param cleanUp      expired messages, old processed ids and old dead letters go; default 1m, to 1d
 * @param vacuum       PostgreSQL's hot tables are vacuumed, H2's file is compacted; default 2m, to 1d
 * @param memoryReport a log line on memory and queues; default 0s (off), to 1d
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
