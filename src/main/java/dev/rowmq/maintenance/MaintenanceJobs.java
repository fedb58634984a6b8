package dev.rowmq.maintenance;

import dev.rowmq.queue.maintenance.ClusterUpkeep;
import dev.rowmq.queue.maintenance.DatabaseBackup;
import dev.rowmq.queue.maintenance.PartitionJobs;
import dev.rowmq.queue.maintenance.Retention;
import dev.rowmq.queue.maintenance.TableCleanUp;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.stereotype.Component;

/** The timed jobs that keep tables small and instances in step. Each logs only the changes that it made. */
@Component
@EnableScheduling
class MaintenanceJobs {

    /** Time after which another instance takes over a job from an instance that crashed. */
    private static final Duration TAKEOVER = Duration.ofMinutes(1);

    private final PartitionJobs partitionJobs;
    private final Retention retention;
    private final TableCleanUp tables;
    private final ClusterUpkeep cluster;
    private final DatabaseBackup backup;
    private final JobRunner runner;
    private final MaintenanceProperties properties;

    MaintenanceJobs(
            PartitionJobs partitionJobs,
            Retention retention,
            TableCleanUp tables,
            ClusterUpkeep cluster,
            DatabaseBackup backup,
            JobRunner runner,
            MaintenanceProperties properties) {
        this.partitionJobs = partitionJobs;
        this.retention = retention;
        this.tables = tables;
        this.cluster = cluster;
        this.backup = backup;
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

    /** Runs on every instance, because each one compares its own clock with the database's. */
    @Scheduled(fixedDelay = 5000)
    void clock() {
        runner.run("clock", () -> cluster.clockStep().map(step -> "a step of " + step));
    }

    @Scheduled(fixedDelay = 2000)
    void copyQueues() {
        runner.run("copy-queues", () -> {
            cluster.replicateQueues();
            return Optional.empty();
        });
    }

    @Scheduled(fixedDelay = 1000)
    void counts() {
        runner.run("counts", () -> {
            tables.writeCounts();
            return Optional.empty();
        });
    }

    @Scheduled(fixedDelay = 10_000)
    void sweep() {
        partitionJobs.inEachPartition("sweep", n -> runner.runAlone(JobRunner.lockName("sweep", n), TAKEOVER, () -> {
            tables.sweep();
            return Optional.empty();
        }));
    }

    @Scheduled(fixedDelayString = "#{@jobIntervals.cleanUp()}")
    void cleanUp() {
        if (!properties.cleanUp().isZero()) {
            partitionJobs.inEachPartition(
                    "clean-up",
                    n -> runner.runAlone(JobRunner.lockName("clean-up", n), TAKEOVER, this::cleanUpPartition));
        }
    }

    private Optional<String> cleanUpPartition() {
        Retention.Removed removed = retention.run();
        int ids = tables.forgetIds();
        int rows = tables.removeDeletedQueues();
        return removed.expired() + removed.deadLetters() + ids + rows == 0
                ? Optional.empty()
                : Optional.of(
                        "%d messages expired, %d ids forgotten, %d dead letters and %d rows of deleted queues removed"
                                .formatted(removed.expired(), ids, removed.deadLetters(), rows));
    }

    @Scheduled(
            initialDelayString = "#{@jobIntervals.backup()}",
            fixedDelayString = "#{@jobIntervals.backup()}")
    void backup() {
        if (!backup.interval().isZero()) {
            runner.run("backup", () -> Optional.of("wrote " + backup.run()));
        }
    }

    @Scheduled(fixedDelayString = "#{@jobIntervals.vacuum()}")
    void vacuum() {
        if (!properties.vacuum().isZero()) {
            partitionJobs.inEachPartition(
                    "vacuum",
                    n -> runner.runAlone(JobRunner.lockName("vacuum", n), TAKEOVER, () -> {
                        List<String> vacuumed = tables.vacuum();
                        return vacuumed.isEmpty() ? Optional.empty() : Optional.of("vacuumed " + vacuumed);
                    }));
        }
    }
}
