package dev.rowmq.maintenance;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.stereotype.Component;

/**
 * {@code GET /actuator/jobs}: the last run of each job on this instance. {@code /actuator/scheduledtasks} has the times
 * of the next runs.
 */
@Component
@Endpoint(id = "jobs")
class JobsEndpoint {

    /**
     * A job.
     *
     * @param outcome changed, idle or failed
     * @param detail  what was changed, or why it failed; null when idle
     */
    record JobDescription(Instant lastRun, long tookMillis, String outcome, String detail) {}

    private final JobRunner runner;

    JobsEndpoint(JobRunner runner) {
        this.runner = runner;
    }

    /** The jobs by name. A name that ends with {@code -look} stands for the check that a job has work. */
    @ReadOperation
    Map<String, JobDescription> jobs() {
        Map<String, JobDescription> jobs = new TreeMap<>();
        runner.lastRuns().forEach((name, run) -> jobs.put(
                name,
                new JobDescription(run.startedAt(), run.took().toMillis(), run.outcome(), run.detail().orElse(null))));
        return jobs;
    }
}
