package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Message groups under kill -9: 1,000 groups, with nacks and leases that end, on three instances with two PostgreSQL
 * databases as partitions, and on one instance with H2.
 */
@Tag("long")
class GroupsIT {

    private static final int GROUPS = 1000;
    private static final int MIN_SENT = 300;
    private static final int MIN_AGAIN = 20;

    @ParameterizedTest
    @CsvSource({"POSTGRESQL, 3, 2", "H2, 1, 1"})
    void the_messages_of_a_group_keep_their_order(
            TestDatabase database, int many, int databases, @TempDir Path folder) throws Exception {
        long seed = Long.getLong("rowmq.seed", System.nanoTime() % 1_000_000_000);
        GroupHistory history = new GroupHistory();
        List<String> urls = Stream.generate(database::freshUrl).limit(databases).toList();
        List<String> settings = new ArrayList<>(List.of("logging.level.root=warn"));
        for (int n = 0; n < databases; n++) {
            settings.add(
                    (databases == 1 ? "spring.datasource.url=" : "rowmq.partitions[" + n + "].url=") + urls.get(n));
        }
        List<ServiceProcess> instances = new ArrayList<>();
        try {
            for (int i = 0; i < many; i++) {
                Path own = Files.createDirectory(folder.resolve("instance" + i));
                instances.add(new ServiceProcess(own, settings.toArray(String[]::new)).start());
            }
            QueueClient queue = instances.getFirst().http().queue(
                    "{\"fifo\": true, \"maxDeliveries\": 0, \"retry\": {\"initial\": \"0s\"}}");
            List<GroupLoad> loads = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                QueueClient client = new QueueClient(instances.get(i).http(), queue.name());
                loads.add(new GroupLoad(history, client, GROUPS, 3 / many, 3 / many, seed + i * 1_000_000_000L));
            }
            for (int kill = 0; kill < 3; kill++) {
                Thread.sleep(3000 + seed % 1000);
                instances.get(kill % many).kill();
                Thread.sleep(500);
                instances.get(kill % many).start();
            }
            Thread.sleep(2000);
            Eventually.within(Duration.ofSeconds(60), "enough for a proof, also on a slow machine", () ->
                    history.sent.size() > MIN_SENT && again(history) > MIN_AGAIN);
            loads.forEach(GroupLoad::close);
            new GroupLoad(history, queue, GROUPS, 0, 0, seed).drain();
            for (String url : urls) {
                if (database == TestDatabase.POSTGRESQL) {
                    assertThat(KillCyclesIT.counted(url)).isEqualTo(KillCyclesIT.fullCount(url));
                }
            }
        } finally {
            instances.forEach(ServiceProcess::close);
        }
        long again = again(history);
        long groups = history.granted.stream().map(GroupHistory.Granted::group).distinct().count();
        System.out.printf(
                "groups on %s, %d services, %d databases, seed %d: %d sent, %d leased, %d again, %d groups, %d cut%n",
                database, many, databases, seed, history.sent.size(), history.granted.size(), again, groups,
                history.uncertain.size());
        assertThat(history.violations()).isEmpty();
        assertThat(history.sent).as("sent, or the run proves nothing").hasSizeGreaterThan(MIN_SENT);
        assertThat(again).isGreaterThan(MIN_AGAIN);
    }

    private static long again(GroupHistory history) {
        return history.granted.stream().filter(grant -> grant.deliveries() > 1).count();
    }
}
