package dev.rowmq.maintenance;

import dev.rowmq.queue.maintenance.Housekeeping;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.scheduling.config.ScheduledTaskRegistrar;
import org.springframework.stereotype.Component;

/** The scheduled jobs. Each one logs only its changes. */
@Component
@EnableScheduling
class MaintenanceJobs implements SchedulingConfigurer {

    /**
     * Time after which another instance takes over a job from an instance that crashed. It is short because deliveries
     * wait for these jobs.
     */
    private static final Duration SHORT = Duration.ofSeconds(2);

    private static final Duration LONG = Duration.ofMinutes(1);

    private final Housekeeping housekeeping;
    private final JobRunner runner;
    private final MaintenanceProperties properties;

    MaintenanceJobs(Housekeeping housekeeping, JobRunner runner, MaintenanceProperties properties) {
        this.housekeeping = housekeeping;
        this.runner = runner;
        this.properties = properties;
    }

    /** The pool has several threads, so that a long job does not delay the others. */
    @Bean
    static ThreadPoolTaskScheduler taskScheduler() {
        ThreadPoolTaskScheduler threads = new ThreadPoolTaskScheduler();
        threads.setPoolSize(6);
        threads.setDaemon(true);
        threads.setThreadNamePrefix("rowmq-job-");
        return threads;
    }

    /** Returns the name of the job's lock: each partition has a lock of its own for each job. */
    private static String named(String job, int partition) {
        return partition == 0 ? job : job + "-" + partition;
    }

    @Scheduled(fixedDelayString = "#{@jobIntervals.redelivery()}")
    void redelivery() {
        if (!properties.redelivery().isZero()) {
            housekeeping.everywhere("redelivery", this::redeliver);
        }
    }

    private void redeliver(int partition) {
        String job = named("redelivery", partition);
        if (runner.finds(job, housekeeping::anythingToRedeliver)) {
            runner.runAlone(job, SHORT, () -> Optional.of(housekeeping.redeliver())
                    .filter(Housekeeping.Redelivered::anything)
                    .map(done -> "%d delayed messages are due, %d leases ended, %d messages became dead letters"
                            .formatted(done.due(), done.leasesEnded(), done.deadLettered())));
        }
    }

    @Scheduled(fixedDelay = 1000)
    void expiry() {
        if (!properties.cleanUp().isZero()) {
            housekeeping.everywhere("expiry", n -> {
                String job = named("expiry", n);
                if (runner.finds(job, housekeeping::anythingExpired)) {
                    runner.runAlone(job, SHORT, () -> Optional.of(housekeeping.expire())
                            .filter(expired -> expired > 0)
                            .map(expired -> expired + " messages expired"));
                }
            });
        }
    }

    /** Runs on every instance, because each one compares its own clock with the database's. */
    @Scheduled(fixedDelay = 5000)
    void clock() {
        runner.run("clock", () -> housekeeping.clockStep().map(step -> "a step of " + step));
    }

    /** Runs the memory job ten times a second, or twice a second while this instance has no queue in memory. */
    @Override
    public void configureTasks(ScheduledTaskRegistrar tasks) {
        tasks.addTriggerTask(
                this::memory, last -> Instant.now().plusMillis(housekeeping.anyInMemory() ? 100 : 500));
    }

    private void memory() {
        if (!housekeeping.anyInMemory()) {
            return;
        }
        runner.run("memory", () -> {
            housekeeping.tickMemory();
            return Optional.empty();
        });
    }

    @Scheduled(fixedDelay = 2000)
    void copyQueues() {
        runner.run("copy-queues", () -> {
            housekeeping.copyQueues();
            return Optional.empty();
        });
    }

    @Scheduled(fixedDelay = 1000)
    void counts() {
        runner.run("counts", () -> {
            housekeeping.writeCounts();
            return Optional.empty();
        });
    }

    @Scheduled(fixedDelay = 10_000)
    void sweep() {
        housekeeping.everywhere("sweep", n -> runner.runAlone(named("sweep", n), LONG, () -> {
            housekeeping.sweep();
            return Optional.empty();
        }));
    }

    @Scheduled(fixedDelayString = "#{@jobIntervals.cleanUp()}")
    void cleanUp() {
        if (!properties.cleanUp().isZero()) {
            housekeeping.everywhere(
                    "clean-up",
                    n -> runner.runAlone(
                            named("clean-up", n),
                            LONG,
                            () -> Optional.of(housekeeping.cleanUp())
                                    .filter(Housekeeping.CleanedUp::anything)
                                    .map(done ->
                                            ("%d messages expired, %d ids forgotten, %d dead letters and %d rows "
                                                    + "of deleted queues removed")
                                                    .formatted(
                                                            done.expired(),
                                                            done.idsForgotten(),
                                                            done.deadLettersRemoved(),
                                                            done.rowsOfDeletedQueues()))));
        }
    }

    @Scheduled(fixedDelayString = "#{@jobIntervals.vacuum()}")
    void vacuum() {
        if (!properties.vacuum().isZero()) {
            housekeeping.everywhere("vacuum", n -> runner.runAlone(named("vacuum", n), LONG, () -> {
                List<String> tables = housekeeping.vacuum();
                return tables.isEmpty() ? Optional.empty() : Optional.of("vacuumed " + tables);
            }));
        }
    }
}
