package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The service stands still under load for longer than its leases last, again and again. */
class PauseIT {

    private static final int PAUSES = 4;

    /** When a service was made to stand still, by the wall clock and in nanoseconds. */
    record Pause(Instant begin, long nanos) {

        /** By then what it answered before has been read. */
        static final long SOON_NANOS = 500_000_000;
    }

    @ParameterizedTest
    @EnumSource(TestDatabase.class)
    void leases_that_ended_meanwhile_are_nobodys_and_nothing_is_lost(TestDatabase database, @TempDir Path folder) throws Exception {
        long seed = Long.getLong("rowmq.seed", System.nanoTime());
        History history = new History();
        List<Pause> pauses = new ArrayList<>();
        String url = database == TestDatabase.POSTGRESQL ? database.freshUrl() : "jdbc:h2:file:" + folder.resolve("rowmq");
        try (ServiceProcess service =
                new ServiceProcess(folder, "logging.level.root=warn", "spring.datasource.url=" + url).start()) {
            Http http = database == TestDatabase.MEMORY ? service.http().inMemory() : service.http();
            QueueClient queue = http.queue("{\"maxDeliveries\": 0}");
            try (Load load = new Load(history, queue, 2, 4, seed)) {
                for (int i = 0; i < PAUSES; i++) {
                    Thread.sleep(1000);
                    service.freeze();
                    Pause pause = new Pause(Instant.now(), System.nanoTime());
                    Thread.sleep(Load.LEASE.plusMillis(500));
                    pauses.add(pause);
                    assertThat(history.answeredBetween(pause.nanos() + Pause.SOON_NANOS, System.nanoTime())).as("answers of a service that stands still").isZero();
                    service.thaw();
                }
                Thread.sleep(1000);
            }
            new Load(history, queue, 0, 0, seed).drain();
        }
        HistoryChecker.assertGood(history.events(), 1000);
        assertThat(pauses)
                .as("pauses that ended no lease, or the run proves nothing; seed " + seed)
                .hasSize(PAUSES)
                .allMatch(pause -> history.leasesEndedAfter(pause.begin()) > 0);
    }
}
