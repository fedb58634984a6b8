package dev.rowmq.maintenance;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.OutOfMemory;
import dev.rowmq.model.error.QueueException;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import javax.sql.DataSource;

import net.javacrumbs.shedlock.core.DefaultLockingTaskExecutor;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.LockProvider;
import net.javacrumbs.shedlock.core.LockingTaskExecutor;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Runs jobs, on one instance at a time or on every instance. A failed job is logged and retried at its next interval;
 * only an {@link OutOfMemoryError} ends the process.
 */
@Component
class JobRunner {

    private static final Logger log = LoggerFactory.getLogger(JobRunner.class);

    private final LockingTaskExecutor oneAtATime;
    private final MeterRegistry meters;
    /** Counters by job and outcome, cached because some jobs run ten times a second. */
    private final Map<String, Counter> runs = new ConcurrentHashMap<>();

    private final Map<String, JobRun> lastRuns = new ConcurrentSkipListMap<>();

    /**
     * The last run of a job on this instance.
     *
     * @param outcome changed, idle (nothing to do, or done by another instance) or failed
     * @param detail  what was changed, or why it failed; empty when idle
     */
    record JobRun(Instant startedAt, Duration took, String outcome, Optional<String> detail) {}

    JobRunner(DataSource dataSource, MeterRegistry meters) {
        this.oneAtATime = new DefaultLockingTaskExecutor(quiet(new JdbcTemplateLockProvider(
                JdbcTemplateLockProvider.Configuration.builder()
                        .withJdbcTemplate(new JdbcTemplate(dataSource))
                        .withTableName("shedlock")
                        .usingDbTime()
                        .build())));
        this.meters = meters;
    }

    /** A job has to wait while its database is unavailable; the store logs the outage once for all jobs. */
    private static LockProvider quiet(LockProvider provider) {
        return lock -> {
            try {
                return provider.lock(lock);
            } catch (RuntimeException databaseAway) {
                throw new QueueException(
                        ErrorCode.STORE_UNAVAILABLE,
                        "the lock of job '" + lock.getName() + "' is not available",
                        databaseAway);
            }
        };
    }

    /**
     * Runs the job unless another instance is running it. A run that takes longer than {@code longest} may overlap with
     * a run on another instance, which every job tolerates.
     *
     * @param longest time after which another instance may take over the job of an instance that crashed
     * @param job     returns a summary of its changes for the log; empty = no changes
     */
    void runAlone(String name, Duration longest, Supplier<Optional<String>> job) {
        run(name, () -> {
            try {
                LockConfiguration lock = new LockConfiguration(Instant.now(), name, longest, Duration.ZERO);
                return Optional.ofNullable(
                                oneAtATime.executeWithLock(job::get, lock).getResult())
                        .flatMap(done -> done);
            } catch (RuntimeException | Error failure) {
                throw failure;
            } catch (Throwable checked) {
                throw new IllegalStateException(checked);
            }
        });
    }

    private Counter counter(String name, String outcome) {
        return meters.counter("rowmq.job.runs", "job", name, "outcome", outcome);
    }

    /** The name of a job's lock: each partition has one of its own. */
    static String lockName(String job, int partition) {
        return partition == 0 ? job : job + "-" + partition;
    }

    /** Returns whether a check before the job finds work to do; false when the check fails. */
    boolean finds(String name, BooleanSupplier look) {
        boolean[] found = new boolean[1];
        run(name + "-look", () -> {
            found[0] = look.getAsBoolean();
            return Optional.empty();
        });
        return found[0];
    }

    /** Runs the job on every instance. */
    void run(String name, Supplier<Optional<String>> job) {
        Instant startedAt = Instant.now();
        long begin = System.nanoTime();
        String outcome = "failed";
        Optional<String> detail = Optional.empty();
        try {
            Optional<String> changed = job.get();
            changed.ifPresent(what -> log.info("{}: {}", name, what));
            outcome = changed.isPresent() ? "changed" : "idle";
            detail = changed;
        } catch (RuntimeException failure) {
            detail = Optional.of(failure.toString());
            if (QueueException.isDatabaseFault(failure)) {
                log.debug("{} has to wait for the database", name, failure);
            } else {
                log.warn("{} failed and will be tried again: {}", name, failure.toString());
            }
        } catch (Error failure) {
            OutOfMemory.check(failure);
            detail = Optional.of(failure.toString());
            log.error("{} failed and will be tried again", name, failure);
        } finally {
            runs.computeIfAbsent(name + " " + outcome, key -> counter(name, key.substring(name.length() + 1)))
                    .increment();
            lastRuns.put(name, new JobRun(startedAt, Duration.ofNanos(System.nanoTime() - begin), outcome, detail));
        }
    }

    /** The last run of each job that has run on this instance, by the name of the job. */
    Map<String, JobRun> lastRuns() {
        return lastRuns;
    }
}
