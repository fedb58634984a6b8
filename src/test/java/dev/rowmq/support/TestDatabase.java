package dev.rowmq.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Assumptions;

/** The databases on which every contract is tested, each with one service that the tests share. */
public enum TestDatabase {
    H2,
    POSTGRESQL,
    /** Queues in memory, with H2 as the database. Tests that read tables skip it. */
    MEMORY;

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private RunningService service;

    /** Skips the rest of a test that reads tables when the queues are in memory. */
    public void assumeTables() {
        Assumptions.assumeTrue(this != MEMORY, "skipped: it looks into tables, and these queues are in memory");
    }

    /** The JDBC URL of a new database. */
    public String freshUrl() {
        return switch (this) {
            case H2, MEMORY -> {
                try {
                    yield "jdbc:h2:file:" + Files.createTempDirectory(Path.of("target").toAbsolutePath(), "h2-")
                            .resolve("rowmq") + ";DB_CLOSE_ON_EXIT=FALSE";
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                }
            }
            case POSTGRESQL -> Postgres.shared().create("rowmq_" + NUMBER.incrementAndGet());
        };
    }

    /** The service on this database, started at the first call and kept until the tests end. */
    public synchronized RunningService service() {
        if (service == null) {
            service = new RunningService(freshUrl(), "rowmq.memory.size=256MB");
            if (this == MEMORY) {
                service.inMemory();
            }
            Runtime.getRuntime().addShutdownHook(new Thread(service::close));
        }
        return service;
    }
}
