package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The service is frozen under load for longer than its leases last, several times. */
@Tag("long")
class PauseIT {

    private static final int PAUSES = 4;

    /** Time after which the answers sent before the freeze have been read. */
    private static final Duration SOON = Duration.ofMillis(500);

    /**
     * Freezes a service for this time, and fails if the service answers meanwhile. Returns the start of the freeze by
     * the wall clock.
     */
    static Instant pause(ServiceProcess service, History itsHistory, Duration time) throws InterruptedException {
        service.freeze();
        Instant begin = Instant.now();
        long nanos = System.nanoTime();
        Thread.sleep(time);
        assertThat(itsHistory.answeredBetween(nanos + SOON.toNanos(), System.nanoTime()))
                .as("answers of a service that stands still")
                .isZero();
        service.thaw();
        return begin;
    }

    @ParameterizedTest
    @EnumSource(TestDatabase.class)
    void leases_that_ended_meanwhile_are_nobodys_and_nothing_is_lost(TestDatabase database, @TempDir Path folder)
            throws Exception {
        long seed = Long.getLong("rowmq.seed", System.nanoTime());
        History history = new History();
        List<Instant> pauses = new ArrayList<>();
        String url =
                database == TestDatabase.POSTGRESQL ? database.freshUrl() : "jdbc:h2:file:" + folder.resolve("rowmq");
        try (ServiceProcess service =
                new ServiceProcess(folder, "logging.level.root=warn", "spring.datasource.url=" + url).start()) {
            Http http = database == TestDatabase.MEMORY ? service.http().inMemory() : service.http();
            QueueClient queue = http.queue("{\"maxDeliveries\": 0}");
            try (Load load = new Load(history, queue, 2, 4, seed)) {
                for (int i = 0; i < PAUSES; i++) {
                    Thread.sleep(1000);
                    pauses.add(pause(service, history, Load.LEASE.plusMillis(500)));
                }
                Thread.sleep(1000);
            }
            new Load(history, queue, 0, 0, seed).drain();
        }
        HistoryChecker.assertGood(history.events(), 1000);
        assertThat(pauses)
                .as("pauses that ended no lease, or the run proves nothing; seed " + seed)
                .hasSize(PAUSES)
                .allMatch(pause -> history.leasesEndedAfter(pause) > 0);
    }
}
