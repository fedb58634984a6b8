package dev.rowmq.maintenance;

import dev.rowmq.queue.task.MessageTasks;
import dev.rowmq.queue.maintenance.Expiration;
import dev.rowmq.queue.maintenance.MemoryUpkeep;
import dev.rowmq.queue.maintenance.PartitionJobs;
import dev.rowmq.queue.maintenance.Redelivery;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.config.ScheduledTaskRegistrar;
import org.springframework.stereotype.Component;

/** The timed jobs on which deliveries wait. Each logs only the changes that it made. */
@Component
class DeliveryJobs implements SchedulingConfigurer {

    /** Time after which another instance takes over a job from an instance that crashed. */
    private static final Duration TAKEOVER = Duration.ofSeconds(2);

    private final PartitionJobs partitionJobs;
    private final Redelivery redelivery;
    private final Expiration expiration;
    private final MemoryUpkeep memory;
    private final MessageTasks tasks;
    private final JobRunner runner;
    private final MaintenanceProperties properties;

    DeliveryJobs(
            PartitionJobs partitionJobs,
            Redelivery redelivery,
            Expiration expiration,
            MemoryUpkeep memory,
            MessageTasks tasks,
            JobRunner runner,
            MaintenanceProperties properties) {
        this.partitionJobs = partitionJobs;
        this.redelivery = redelivery;
        this.expiration = expiration;
        this.memory = memory;
        this.tasks = tasks;
        this.runner = runner;
        this.properties = properties;
    }

    @Scheduled(fixedDelayString = "#{@jobIntervals.redelivery()}")
    void redelivery() {
        if (!properties.redelivery().isZero()) {
            partitionJobs.inEachPartition("redelivery", this::redeliver);
        }
    }

    private void redeliver(int partition) {
        String job = JobRunner.lockName("redelivery", partition);
        if (runner.finds(job, redelivery::anythingToRedeliver)) {
            runner.runAlone(job, TAKEOVER, () -> Optional.of(redelivery.redeliver())
                    .filter(Redelivery.Redelivered::anything)
                    .map(done -> "%d delayed messages are due, %d leases ended, %d messages became dead letters"
                            .formatted(done.due(), done.leasesEnded(), done.deadLettered())));
        }
    }

    @Scheduled(fixedDelay = 1000)
    void expiry() {
        if (!properties.cleanUp().isZero()) {
            partitionJobs.inEachPartition("expiry", n -> {
                String job = JobRunner.lockName("expiry", n);
                if (runner.finds(job, expiration::anythingExpired)) {
                    runner.runAlone(job, TAKEOVER, () -> Optional.of(expiration.expire())
                            .filter(expired -> expired > 0)
                            .map(expired -> expired + " messages expired"));
                }
            });
        }
    }

    /** Every instance looks for tasks of instances that are gone; only one of them gets a task. */
    @Scheduled(fixedDelay = 10_000)
    void tasks() {
        runner.run("tasks", () -> Optional.of(tasks.resume())
                .filter(resumed -> resumed > 0)
                .map(resumed -> resumed + " tasks go on here"));
    }

    /** Runs the memory job ten times a second, or twice a second while this instance has no queue in memory. */
    @Override
    public void configureTasks(ScheduledTaskRegistrar tasks) {
        tasks.addTriggerTask(
                this::tickMemory, last -> Instant.now().plusMillis(memory.isNeeded() ? 100 : 500));
    }

    private void tickMemory() {
        if (!memory.isNeeded()) {
            return;
        }
        runner.run("memory", () -> {
            memory.tick();
            return Optional.empty();
        });
    }
}
