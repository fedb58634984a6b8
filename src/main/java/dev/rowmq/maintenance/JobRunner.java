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

/** Runs a job on one instance at a time, and lives on whatever it throws. */
@Component
class JobRunner {

    private static final Logger log = LoggerFactory.getLogger(JobRunner.class);

    private final LockingTaskExecutor oneAtATime;
    private final MeterRegistry meters;
    /** By job and outcome: some run ten times a second. */
    private final Map<String, Counter> runs = new ConcurrentHashMap<>();

    JobRunner(DataSource dataSource, MeterRegistry meters) {
        this.oneAtATime = new DefaultLockingTaskExecutor(quiet(new JdbcTemplateLockProvider(
                JdbcTemplateLockProvider.Configuration.builder()
                        .withJdbcTemplate(new JdbcTemplate(dataSource))
                        .withTableName("shedlock")
                        .usingDbTime()
                        .build())));
        this.meters = meters;
    }

    /** Without its database a job has to wait, which the store logs once for all jobs. */
    private static LockProvider quiet(LockProvider provider) {
        return lock -> {
            try {
                return provider.lock(lock);
            } catch (RuntimeException databaseAway) {
                throw new QueueException(
                        ErrorCode.STORE_UNAVAILABLE,
                        "the lock of job '" + lock.getName() + "' cannot be had",
                        databaseAway);
            }
        };
    }

    /**
     * Runs the job unless another instance is at it. One that takes longer than {@code longest} may meet another, which
     * no job minds.
     *
     * @param longest after this long the job is taken over from an instance that died
     * @param job     answers what it changed, for the log; empty = nothing
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

    /** Whether a look before the job says that there is something to do. */
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
        String outcome = "failed";
        try {
            Optional<String> changed = job.get();
            changed.ifPresent(what -> log.info("{}: {}", name, what));
            outcome = changed.isPresent() ? "changed" : "idle";
        } catch (RuntimeException failure) {
            if (QueueException.isDatabaseFault(failure)) {
                log.debug("{} has to wait for the database", name, failure);
            } else {
                log.warn("{} failed and will be tried again: {}", name, failure.toString());
            }
        } catch (Error failure) {
            OutOfMemory.check(failure);
            log.error("{} failed and will be tried again", name, failure);
        } finally {
            runs.computeIfAbsent(name + " " + outcome, key -> counter(name, key.substring(name.length() + 1)))
                    .increment();
        }
    }
}
