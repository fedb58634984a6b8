package dev.rowmq.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Assumptions;

/** What every contract is tested on, each with one service that the tests share. */
public enum TestDatabase {
    H2,
    POSTGRESQL,
    /** Queues that are kept in memory, on H2. What looks into the database leaves it out. */
    MEMORY;

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private RunningService service;

    /** Skips the rest of a test that looks into tables where there are none. */
    public void assumeTables() {
        Assumptions.assumeTrue(this != MEMORY, "skipped: it looks into tables, and these queues are in memory");
    }

    /** A fresh database's JDBC URL. */
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

    /** The service on this database, started when first asked for and kept until the tests end. */
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
