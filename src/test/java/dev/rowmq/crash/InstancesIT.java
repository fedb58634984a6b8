package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Three instances, on one PostgreSQL database and on two as partitions. Under load, one instance after the other is
 * killed with -9 while the next one is frozen for longer than a lease.
 */
@Tag("long")
class InstancesIT {

    private static final int INSTANCES = 3;

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void nothing_is_lost_and_the_counts_are_exact(int databases, @TempDir Path folder) throws Exception {
        long seed = Long.getLong("rowmq.seed", System.nanoTime());
        List<History> histories = Stream.generate(History::new).limit(INSTANCES).toList();
        List<Instant> pauses = new ArrayList<>();
        List<String> urls = Stream.generate(TestDatabase.POSTGRESQL::freshUrl).limit(databases).toList();
        List<String> settings = new ArrayList<>(List.of("logging.level.root=warn"));
        for (int n = 0; n < databases; n++) {
            settings.add(
                    (databases == 1 ? "spring.datasource.url=" : "rowmq.partitions[" + n + "].url=") + urls.get(n));
        }
        List<ServiceProcess> instances = new ArrayList<>();
        try {
            for (int i = 0; i < INSTANCES; i++) {
                Path own = Files.createDirectory(folder.resolve("instance" + i));
                instances.add(new ServiceProcess(own, settings.toArray(String[]::new)).start());
            }
            QueueClient queue = instances.getFirst().http().queue("{\"maxDeliveries\": 0}");
            List<Load> loads = new ArrayList<>();
            for (int i = 0; i < INSTANCES; i++) {
                loads.add(new Load(
                        histories.get(i),
                        new QueueClient(instances.get(i).http(), queue.name()),
                        1,
                        2,
                        seed + i * 1000L));
            }
            for (int i = 0; i < INSTANCES; i++) {
                Thread.sleep(1000 + seed % 1000);
                instances.get(i).kill();
                int sleeper = (i + 1) % INSTANCES;
                pauses.add(PauseIT.pause(instances.get(sleeper), histories.get(sleeper), Load.LEASE.multipliedBy(2)));
                instances.get(i).start();
            }
            loads.forEach(Load::close);
            instances.subList(1, INSTANCES).forEach(ServiceProcess::stop);
            new Load(histories.getFirst(), queue, 0, 0, seed).drain();
            instances.getFirst().stop();
            for (String url : urls) {
                assertThat(KillCyclesIT.counted(url))
                        .as("counters after the crashes, beside a full count")
                        .isEqualTo(KillCyclesIT.fullCount(url));
            }
        } finally {
            instances.forEach(ServiceProcess::close);
        }
        History history = History.of(histories);
        KillCyclesIT.check(history, INSTANCES, "PostgreSQL, 3 instances on " + databases + " databases, seed " + seed);
        assertThat(pauses)
                .as("pauses that ended no lease")
                .hasSize(INSTANCES)
                .allMatch(pause -> history.leasesEndedAfter(pause) > 0);
    }
}
