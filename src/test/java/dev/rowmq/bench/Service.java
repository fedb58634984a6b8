package dev.rowmq.bench;

import dev.rowmq.api.rest.EchoPost;
import dev.rowmq.support.Http;
import dev.rowmq.support.Image;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.ServiceProcess;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The service as its users run it, in a JVM of its own with 512 MB of heap, with the additional routes of the floors.
 */
final class Service implements AutoCloseable {

    static final String HEAP = "512m";

    private final ServiceProcess process;
    private final String databaseUrl;
    private Connection snapshot;

    private Service(String databaseUrl, String... settings) {
        this(Image.builtJar(), true, databaseUrl, settings);
    }

    /** @param floors whether it has the additional routes of the floors, which are classes of the built jar */
    private Service(Path jar, boolean floors, String databaseUrl, String... settings) {
        this.databaseUrl = databaseUrl;
        try {
            Path folder = Files.createTempDirectory(
                    Files.createDirectories(Path.of("target/bench")).toAbsolutePath(), "service-");
            List<String> all = new ArrayList<>(List.of(settings));
            all.add("spring.datasource.url="
                    + (databaseUrl != null
                            ? databaseUrl
                            : "jdbc:h2:file:" + folder.resolve("rowmq") + ";DB_CLOSE_ON_EXIT=FALSE"));
            if (floors) {
                all.add("spring.profiles.active=bench");
            }
            this.process = new ServiceProcess(
                            folder,
                            Map.of(),
                            HEAP,
                            floors
                                    ? List.of(ServiceProcess.beside(folder, EmptyPost.class, EchoPost.class))
                                    : List.of(),
                            all.toArray(String[]::new))
                    .of(jar)
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static Service onPostgres(Postgres postgres, String database, String... settings) {
        return new Service(postgres.create(database), settings);
    }

    /** As {@link #onPostgres}, from any jar, without the additional routes. */
    static Service ofJar(Path jar, Postgres postgres, String database) {
        return new Service(jar, false, postgres.create(database));
    }

    /** One instance with these databases as its partitions. */
    static Service onPartitions(Postgres postgres, String... databases) {
        String[] urls = Arrays.stream(databases).map(postgres::create).toArray(String[]::new);
        return new Service(
                urls[0],
                IntStream.range(0, urls.length)
                        .mapToObj(n -> "rowmq.partitions[" + n + "].url=" + urls[n])
                        .toArray(String[]::new));
    }

    /** One more instance on the same database. */
    Service another() {
        return new Service(databaseUrl);
    }

    static Service onH2(String... settings) {
        return new Service(null, settings);
    }

    String databaseUrl() {
        return databaseUrl;
    }

    int port() {
        return process.port();
    }

    Http http() {
        return process.http();
    }

    /** Processor time used since the start. */
    Duration processorTime() {
        return process.processorTime();
    }

    /** Resident memory in bytes; 0 where the system has no /proc. */
    long residentBytes() {
        return process.residentBytes();
    }

    String logText() {
        return process.logText();
    }

    /** Creates the queue if it does not exist. */
    void queue(String name) {
        queue(name, "{}");
    }

    void queue(String name, String settings) {
        Http.Answer answer = http().put("/v1/queues/" + name, settings);
        if (answer.status() >= 300) {
            throw new IllegalStateException(answer.toString());
        }
    }

    /** Creates the queue in memory if it does not exist, and purges it. */
    void emptyInMemory(String name) {
        Http.Answer answer = http().put("/v1/queues/" + name, "{\"storage\": \"memory\", \"maxMessages\": 10000000}");
        if (answer.status() >= 300 || http().delete("/v1/queues/" + name + "/messages").status() >= 300) {
            throw new IllegalStateException(answer.toString());
        }
    }

    void sql(String... statements) {
        try (Connection connection = DriverManager.getConnection(databaseUrl);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /** Keeps a transaction with a present snapshot open in the service's database, until this is closed. */
    void holdSnapshot() {
        try {
            snapshot = DriverManager.getConnection(databaseUrl);
            snapshot.setAutoCommit(false);
            snapshot.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            snapshot.createStatement().execute("select count(*) from queue");
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    String tableSize() {
        try (Connection connection = DriverManager.getConnection(databaseUrl);
                ResultSet row = connection.createStatement()
                        .executeQuery("select pg_size_pretty(pg_total_relation_size('message'))")) {
            row.next();
            return row.getString(1);
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public void close() {
        process.stop();
        try {
            if (snapshot != null) {
                snapshot.close();
            }
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
