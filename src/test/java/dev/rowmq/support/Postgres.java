package dev.rowmq.support;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
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
import java.util.stream.Stream;

import org.springframework.util.FileSystemUtils;

/** A real PostgreSQL 18 of the test's own, durable, which can be stopped and started again. */
public final class Postgres implements AutoCloseable {

    private final Path data;
    private final int port;
    /** Null = the version that is a dependency of the tests. */
    private final Path binaries;

    private EmbeddedPostgres server;

    public Postgres() {
        this(temporary());
    }

    /** @param data the folder for the server's files, which is deleted at the end */
    public Postgres(Path data) {
        this(data, null);
    }

    private Postgres(Path data, Path binaries) {
        this.data = data;
        this.binaries = binaries;
        this.port = ServiceProcess.freePort();
        start();
    }

    /**
     * An older version.
     *
     * @param major 14 or 15
     */
    public static Postgres ofVersion(int major) {
        return new Postgres(temporary(), Path.of("target/older-postgres/postgres-" + major + ".jar"));
    }

    /** The archive with the programs of a version, for x86 only. */
    private InputStream archive(String system, String processor) throws IOException {
        FileSystem jar = FileSystems.newFileSystem(binaries);
        try (Stream<Path> files = Files.list(jar.getPath("/"))) {
            return Files.newInputStream(files.filter(file -> file.toString().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow());
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("rowmq-postgres");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public void start() {
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
            if (binaries != null) {
                builder.setPgBinaryResolver(this::archive);
            }
            server = builder.setPort(port)
                    .setDataDirectory(data.resolve("data"))
                    .setCleanDataDirectory(false)
                    .setServerConfig("fsync", "on")
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("max_connections", "100")
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        for (String setting : new String[] {"fsync", "synchronous_commit"}) {
            if (!query("show " + setting).equals("on")) {
                throw new IllegalStateException(setting + " is not on: a crash test would prove nothing");
            }
        }
    }

    public void stop() {
        try {
            server.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** kill -9 of all server processes, the postmaster first. */
    public void kill() {
        Signals.send("KILL", pids());
        try {
            server.close();
        } catch (IOException | RuntimeException deadAlready) {
            // the killed server has released its lock on the data
        }
    }

    public int port() {
        return port;
    }

    /** From now on the server accepts connections and answers nothing. */
    public void freeze() {
        Signals.send("STOP", pids());
    }

    public void thaw() {
        Signals.send("CONT", pids());
    }

    /** Processor time that the present connections to a database have used since they were opened. */
    public Duration processorTime(String database) {
        String pids = query("select coalesce(string_agg(pid::text, ','), '') from pg_stat_activity where datname = '"
                + database + "'");
        return Arrays.stream(pids.split(","))
                .filter(pid -> !pid.isEmpty())
                .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)).stream())
                .flatMap(process -> process.info().totalCpuDuration().stream())
                .reduce(Duration.ZERO, Duration::plus);
    }

    private List<Long> pids() {
        try {
            long postmaster = Long.parseLong(Files.readAllLines(data.resolve("data/postmaster.pid"))
                    .getFirst()
                    .strip());
            List<Long> pids = new ArrayList<>(List.of(postmaster));
            ProcessHandle.of(postmaster).orElseThrow().descendants().forEach(child -> pids.add(child.pid()));
            return pids;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /**
     * Creates a database and returns its JDBC URL. The connections of a test find the tables of the service without the
     * name of their schema; the service itself does not depend on that.
     */
    public String create(String name) {
        run("create database " + name);
        run("alter database " + name + " set search_path = rowmq, public");
        return url(name);
    }

    private String url(String name) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + name + "?user=postgres";
    }

    /** The first value that a query returns in the server's own database. */
    public String query(String sql) {
        return queryIn(url("postgres"), sql);
    }

    /** Runs statements in the server's own database. */
    public void run(String sql) {
        runIn(url("postgres"), sql);
    }

    /** Runs statements in the database of that URL. */
    public void runIn(String url, String sql) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /** The first value that a query returns in the database of that URL. */
    public String queryIn(String url, String sql) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public void close() {
        stop();
        // at the end of the JVM the library's own hook may be stopping the server at this moment, and needs the
        // server's files
        Eventually.within(
                Duration.ofSeconds(20),
                "the server has stopped",
                () -> !Files.exists(data.resolve("data/postmaster.pid")));
        try {
            FileSystemUtils.deleteRecursively(data);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The server that tests share when they do not stop it, started once. */
    private static final class Shared {
        private static final Postgres INSTANCE = new Postgres();

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(INSTANCE::close));
        }
    }

    public static Postgres shared() {
        return Shared.INSTANCE;
    }
}
