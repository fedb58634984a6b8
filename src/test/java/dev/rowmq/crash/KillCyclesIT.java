package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** kill -9 of the service under load: 3 times, 20 times in the soak, or as often as {@code rowmq.kills} says. */
class KillCyclesIT {

    private static final int CYCLES = Integer.getInteger("rowmq.kills", Boolean.getBoolean("rowmq.soak") ? 20 : 3);

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void nothing_acknowledged_is_lost_and_nothing_acked_comes_back(TestDatabase database, @TempDir Path folder)
            throws Exception {
        long seed = Long.getLong("rowmq.seed", System.nanoTime());
        History history = new History();
        String url = database.freshUrl();
        try (ServiceProcess service =
                new ServiceProcess(folder, "spring.datasource.url=" + url, "logging.level.root=warn")) {
            service.start();
            QueueClient queue = service.http().queue("{\"maxDeliveries\": 0}");
            for (int cycle = 0; cycle < CYCLES; cycle++) {
                try (Load load = new Load(history, queue, 6, 6, seed + cycle * 1000L)) {
                    Thread.sleep(1500 + (seed + cycle * 37L) % 1000);
                    service.kill();
                    service.start();
                    Thread.sleep(500);
                }
            }
            service.stop();
            assertThat(counted(url)).as("counters after the crashes, beside a full count").isEqualTo(fullCount(url));
            service.start();
            new Load(history, queue, 0, 0, seed).drain();
        }
        check(history, CYCLES, database + " seed " + seed);
    }

    /** The counter rows: ready, in flight, delayed, dead, and the messages sent that are neither stored nor acked. */
    static List<Long> counted(String url) throws SQLException {
        return row(url, """
            select sum(ready), sum(in_flight), sum(delayed), sum(dead),
                sum(sent) - sum(acked) - sum(ready) - sum(in_flight) - sum(delayed) - sum(dead)
            from queue_counter
            """);
    }

    static List<Long> fullCount(String url) throws SQLException {
        return row(url, """
            select (select count(*) from message where lease_state <= 0),
                (select count(*) from message where lease_state > 0),
                (select count(*) from delayed_message),
                (select count(*) from dead_letter),
                0
            """);
    }

    private static List<Long> row(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                ResultSet row = connection.createStatement().executeQuery(sql)) {
            row.next();
            return List.of(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5));
        }
    }

    static void check(History history, int kills, String run) {
        List<History.Event> events = history.events();
        long acked =
                count(events, History.Acked.class, event -> ((History.Acked) event).outcome() == History.Outcome.OK);
        long redelivered =
                count(events, History.Delivered.class, event -> ((History.Delivered) event).deliveries() > 1);
        long unknown = events.stream()
                .filter(event -> event instanceof History.Sent sent && sent.outcome() == History.Outcome.INFO)
                .count();
        System.out.printf(
                "kill cycles on %s: %d kills, %d acked, %d redelivered, %d sends cut%n",
                run, kills, acked, redelivered, unknown);
        assertThat(acked).as("acked, or the run proves nothing").isGreaterThan(100L * kills);
        assertThat(redelivered).as("redelivered").isGreaterThan(kills);
        assertThat(unknown).as("sends that a kill cut off").isPositive();
        assertThat(HistoryChecker.violations(events)).as(run).isEmpty();
    }

    private static long count(
            List<History.Event> events, Class<?> type, java.util.function.Predicate<History.Event> condition) {
        return events.stream().filter(type::isInstance).filter(condition).count();
    }
}
