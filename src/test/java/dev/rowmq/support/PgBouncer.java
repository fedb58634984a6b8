package dev.rowmq.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.springframework.util.FileSystemUtils;

/** Debian's PgBouncer as a connection pooler for a PostgreSQL of the tests. */
public final class PgBouncer implements AutoCloseable {

    private static final Path BINARY = Path.of("/usr/sbin/pgbouncer");

    private final Path folder;
    private final int port = ServiceProcess.freePort();
    private Process process;

    /** @param mode pool mode: session or transaction */
    public PgBouncer(String database, int postgresPort, String mode) {
        try {
            folder = Files.createTempDirectory("rowmq-pgbouncer");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.writeString(folder.resolve("users.txt"), "\"app\" \"\"\n");
            Files.writeString(
                    folder.resolve("pgbouncer.ini"),
                    """
                    [databases]
                    %s = host=127.0.0.1 port=%d dbname=%s
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = trust
                    auth_file = %s
                    pool_mode = %s
                    default_pool_size = 12
                    max_client_conn = 200
                    server_login_retry = 1
                    ignore_startup_parameters = options
                    """
                            .formatted(database, postgresPort, database, port, folder.resolve("users.txt"), mode));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        start();
    }

    /** Whether PgBouncer is installed; {@code .ci/run} installs it. */
    public static boolean installed() {
        return Files.isExecutable(BINARY);
    }

    public void start() {
        List<String> command = new ArrayList<>(List.of(BINARY.toString(), "-q"));
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("-u", "postgres"));
        }
        command.add(folder.resolve("pgbouncer.ini").toString());
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile()).start();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        Eventually.within(Duration.ofSeconds(10), "PgBouncer listens", () -> {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                return socket.isConnected();
            }
        });
    }

    /** kill -9. */
    public void kill() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** The JDBC URL of a database through PgBouncer, for the role app. */
    public String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=app";
    }

    @Override
    public void close() {
        kill();
        try {
            FileSystemUtils.deleteRecursively(folder);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
