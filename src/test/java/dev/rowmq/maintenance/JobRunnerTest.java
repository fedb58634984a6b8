package dev.rowmq.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.TestDatabase;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JobRunnerTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private JobRunner instance(TestDatabase database) {
        return new JobRunner(database.service().bean(DataSource.class), meters);
    }

    private double runs(String job, String outcome) {
        return meters.get("rowmq.job.runs").tags("job", job, "outcome", outcome).counter().count();
    }

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void a_job_that_fails_does_not_end_the_jobs(TestDatabase database) {
        JobRunner runner = instance(database);
        runner.runAlone("failing", MINUTE, () -> {
            throw new IllegalStateException("as the test wants");
        });
        runner.runAlone("failing", MINUTE, () -> {
            throw new OutOfMemoryError("as the test wants");
        });
        runner.runAlone("failing", MINUTE, () -> Optional.of("done"));

        assertThat(runs("failing", "failed")).isEqualTo(2);
        assertThat(runs("failing", "changed")).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void a_job_runs_on_one_instance_at_a_time(TestDatabase database) throws Exception {
        JobRunner one = instance(database);
        JobRunner other = instance(database);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        Thread running = Thread.ofPlatform().start(() -> one.runAlone("alone", MINUTE, () -> {
            begun.countDown();
            try {
                end.await();
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
            ran.incrementAndGet();
            return Optional.empty();
        }));
        begun.await();
        other.runAlone("alone", MINUTE, () -> Optional.of("" + ran.incrementAndGet()));
        assertThat(ran).hasValue(0);
        end.countDown();
        running.join();
        other.runAlone("alone", MINUTE, () -> Optional.of("" + ran.incrementAndGet()));
        assertThat(ran).hasValue(2);
    }
}
