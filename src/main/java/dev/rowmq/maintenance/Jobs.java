package dev.rowmq.maintenance;

import dev.rowmq.queue.Housekeeping;

import java.util.List;
import java.util.Optional;

import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** The timed jobs. Each logs only what it changed. */
@Component
@EnableScheduling
class Jobs {

    private final Housekeeping housekeeping;
    private final JobRunner runner;
    private final MaintenanceProperties properties;

    Jobs(Housekeeping housekeeping, JobRunner runner, MaintenanceProperties properties) {
        this.housekeeping = housekeeping;
        this.runner = runner;
        this.properties = properties;
    }

    @Scheduled(fixedDelayString = "#{@intervals.redelivery()}")
    void redelivery() {
        if (!properties.redelivery().isZero()) {
            runner.run("counts", () -> {
                housekeeping.writeCounts();
                return Optional.empty();
            });
            if (runner.finds("redelivery", housekeeping::anythingToRedeliver)) {
                runner.runAlone("redelivery", () -> Optional.of(housekeeping.redeliver())
                        .filter(Housekeeping.Redelivered::anything)
                        .map(done -> "%d delayed messages are due, %d leases ended, %d messages became dead letters"
                                .formatted(done.due(), done.leasesEnded(), done.deadLettered())));
            }
        }
    }

    @Scheduled(fixedDelayString = "#{@intervals.cleanUp()}")
    void cleanUp() {
        if (!properties.cleanUp().isZero()) {
            runner.runAlone("clean-up", () -> Optional.of(housekeeping.cleanUp())
                    .filter(Housekeeping.CleanedUp::anything)
                    .map(done -> "%d messages expired, %d ids forgotten, %d dead letters and %d rows of deleted queues removed"
                            .formatted(
                                    done.expired(),
                                    done.idsForgotten(),
                                    done.deadLettersRemoved(),
                                    done.rowsOfDeletedQueues())));
        }
    }

    @Scheduled(fixedDelayString = "#{@intervals.vacuum()}")
    void vacuum() {
        if (!properties.vacuum().isZero()) {
            runner.runAlone("vacuum", () -> {
                List<String> tables = housekeeping.vacuum();
                return tables.isEmpty() ? Optional.empty() : Optional.of("vacuumed " + tables);
            });
        }
    }
}
