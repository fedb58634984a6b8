package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Conversation;
import dev.rowmq.support.LoadClient;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.h2.api.Trigger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five times the load that the service can carry. Its capacity is limited by a database that takes 100 ms for each
 * group, because processor time, which the clients use as well, must not be the bottleneck.
 */
@Tag("long")
class OverloadIT {

    private static final Duration ROUND = Duration.ofSeconds(8);
    private static final int CLIENTS = 500;
    /**
     * Number of clients at peak: the 16 sends that may wait (rowmq.queue.intake), and the 16 in the transaction before
     * them.
     */
    private static final int AT_THE_PEAK = 32;

    private static final String[] SETTINGS = {
        "rowmq.queue.intake=16", "rowmq.queue.intake-patience=100ms", "logging.level.root=warn"
    };

    @Test
    void what_is_too_much_is_refused_early_and_the_rest_goes_on_on_postgresql(@TempDir Path folder) throws Exception {
        try (Postgres postgres = new Postgres()) {
            String url = postgres.create("overload");
            execute(
                    url,
                    "alter system set commit_delay = 100000",
                    "alter system set commit_siblings = 0",
                    "select pg_reload_conf()");
            String[] settings = Stream.concat(Stream.of("spring.datasource.url=" + url), Stream.of(SETTINGS))
                    .toArray(String[]::new);
            try (ServiceProcess service = new ServiceProcess(folder, settings).start()) {
                overload("PostgreSQL", service);
            }
        }
    }

    @Test
    void what_is_too_much_is_refused_early_and_the_rest_goes_on_on_h2(@TempDir Path folder) throws Exception {
        try (ServiceProcess makesTheTables = new ServiceProcess(folder).start()) {
            makesTheTables.stop();
        }
        execute(
                "jdbc:h2:file:" + folder.resolve("data/rowmq"),
                // runs once for each group, because all messages are in one queue
                "create trigger slow before update on queue_counter for each statement call '"
                        + SlowCounters.class.getName() + "'");
        Path beside = ServiceProcess.beside(folder, SlowCounters.class);
        try (ServiceProcess service = new ServiceProcess(folder, Map.of(), "256m", List.of(beside), SETTINGS).start()) {
            overload("H2", service);
        }
    }

    /** H2 calls this in the process of the service. */
    public static final class SlowCounters implements Trigger {

        @Override
        public void fire(Connection connection, Object[] before, Object[] after) throws SQLException {
            try {
                Thread.sleep(100);
            } catch (InterruptedException stop) {
                throw new SQLException(stop);
            }
        }
    }

    private static void execute(String url, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static void overload(String database, ServiceProcess service) {
        QueueClient queue = service.http().queue();
        Counts counts = new Counts();
        run(service, AT_THE_PEAK, () -> new Send(queue, 0, counts));
        double peak = run(service, AT_THE_PEAK, () -> new Send(queue, 0, counts)).rate();

        long pauseNanos = (long) (CLIENTS / (5 * peak) * 1e9);
        long before = counts.accepted + counts.refused;
        long refusedBefore = counts.refused;
        LoadClient.Measured overloaded = run(service, CLIENTS, () -> new Send(queue, pauseNanos, counts));
        double offered = (counts.refused + counts.accepted - before) / overloaded.seconds();
        long refused = counts.refused - refusedBefore;

        LoadClient.Measured after = run(service, AT_THE_PEAK, () -> new Send(queue, 0, counts));
        System.out.printf(
                "overload on %s: peak %.0f/s, offered %.0f/s, goodput %.0f/s, %d refused, half of the answers within"
                        + " %.0f ms, 99 %% within %.0f, afterwards %.0f/s%n",
                database,
                peak,
                offered,
                overloaded.rate(),
                refused,
                overloaded.latency().getValueAtPercentile(50) / 1000.0,
                overloaded.latency().getValueAtPercentile(99) / 1000.0,
                after.rate());
        assertThat(offered).as("offered, or the run proves nothing").isGreaterThan(3.5 * peak);
        assertThat(refused).isPositive();
        assertThat(overloaded.rate()).as("goodput").isGreaterThan(0.8 * peak);
        assertThat(overloaded.latency().getValueAtPercentile(50))
                .as("microseconds to most answers")
                .isLessThan(400_000);
        assertThat(overloaded.latency().getValueAtPercentile(99)).as("to nearly all").isLessThan(2_000_000);
        assertThat(after.rate()).as("back to normal").isGreaterThan(0.8 * peak);
        assertThat(queue.stats().path("sent").asLong()).as("stored what was accepted").isEqualTo(counts.accepted);
    }

    private static LoadClient.Measured run(ServiceProcess service, int clients, Supplier<Conversation> each) {
        return LoadClient.run(service.port(), Stream.generate(each).limit(clients).toList(), ROUND);
    }

    /** Totals of all clients, which share one thread. */
    private static final class Counts {
        long accepted;
        long refused;
    }

    /**
     * Sends one message after the other. The pauses vary around a given length, so that the clients do not send in
     * waves.
     */
    private static final class Send implements Conversation {

        private static final long A_WHILE = 500_000_000;

        private final ByteBuffer request;
        private final long pauseNanos;
        private final Counts counts;
        private long due;

        Send(QueueClient queue, long pauseNanos, Counts counts) {
            String body = "{\"body\": \"x\"}";
            this.request = ByteBuffer.wrap(("POST " + queue.path() + "/messages HTTP/1.1\r\nHost: localhost\r\n"
                            + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                    .getBytes(StandardCharsets.US_ASCII));
            this.pauseNanos = pauseNanos;
            this.counts = counts;
            // connecting all clients takes a while, so the first sends are due after that
            this.due = pauseNanos == 0 ? System.nanoTime() : System.nanoTime() + between(A_WHILE, A_WHILE + pauseNanos);
        }

        private static long between(long least, long most) {
            return least == most ? least : ThreadLocalRandom.current().nextLong(least, most);
        }

        @Override
        public ByteBuffer next() {
            long now = System.nanoTime();
            if (now < due) {
                return null;
            }
            due = now + between(pauseNanos / 2, pauseNanos * 3 / 2);
            return request.duplicate();
        }

        @Override
        public int answered(int status, byte[] bytes, int from, int to) {
            if (status == 201) {
                counts.accepted++;
                return 1;
            }
            assertThat(status).isEqualTo(503);
            assertThat(new String(bytes, from, to - from, StandardCharsets.UTF_8)).contains("OVERLOADED");
            counts.refused++;
            return 0;
        }
    }
}
