package dev.rowmq.queue.maintenance;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.upkeep.Upkeep;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Writes copies of the H2 files while the service runs, and removes the oldest copies. */
@Component
public class DatabaseBackup {

    private static final Logger log = LoggerFactory.getLogger(DatabaseBackup.class);

    private static final String PREFIX = "rowmq-";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    private final Partitions partitions;
    private final Upkeep upkeep;
    private final BackupProperties properties;
    private final ReentrantLock oneAtATime = new ReentrantLock();

    DatabaseBackup(Partitions partitions, Upkeep upkeep, BackupProperties properties) {
        this.partitions = partitions;
        this.upkeep = upkeep;
        this.properties = properties;
    }

    /** A file with the copy of one partition. */
    public record BackupFile(int partition, Path file, long bytes, Duration time) {}

    /** The interval of timed backups; zero = there are none. */
    public Duration interval() {
        return properties.interval();
    }

    /**
     * Writes one file for each partition.
     *
     * @throws QueueException        NOT_SUPPORTED on PostgreSQL, OVERLOADED while a backup is running
     * @throws IllegalStateException when the directory cannot be written to
     */
    public List<BackupFile> run() {
        if (!oneAtATime.tryLock()) {
            throw new QueueException(ErrorCode.OVERLOADED, "a backup is running; wait until it is complete");
        }
        try {
            String time = LocalDateTime.now(Clock.systemUTC()).format(TIME);
            List<BackupFile> files = new ArrayList<>();
            for (int n = 0; n < partitions.count(); n++) {
                Path file = properties.directory().toAbsolutePath().resolve(
                        PREFIX + time + (partitions.count() == 1 ? "" : "-" + n) + ".zip");
                long begin = System.nanoTime();
                if (!partitions.in(n, () -> upkeep.backUp(file))) {
                    throw new QueueException(
                            ErrorCode.NOT_SUPPORTED,
                            "only H2 files are backed up by the service; use pg_dump or a physical backup of"
                                    + " PostgreSQL");
                }
                files.add(new BackupFile(n, file, Files.size(file), Duration.ofNanos(System.nanoTime() - begin)));
            }
            removeOldest();
            return files;
        } catch (IOException | UncheckedIOException failure) {
            throw new IllegalStateException(
                    "the backup cannot be written to %s (rowmq.backup.directory): %s"
                            .formatted(properties.directory().toAbsolutePath(), failure.getMessage()),
                    failure);
        } finally {
            oneAtATime.unlock();
        }
    }

    /** Keeps the newest backups. A file that cannot be removed does not spoil the backup. */
    private void removeOldest() {
        List<Path> all;
        try (Stream<Path> files = Files.list(properties.directory())) {
            all = files.filter(file -> file.getFileName().toString().matches(PREFIX + "\\d{8}-\\d{6}.*\\.zip"))
                    .sorted()
                    .toList();
        } catch (IOException failure) {
            log.warn("the backups in {} cannot be listed: {}", properties.directory(), failure.toString());
            return;
        }
        all.stream().limit(Math.max(0, all.size() - (long) properties.keep() * partitions.count())).forEach(file -> {
            try {
                Files.delete(file);
            } catch (IOException failure) {
                log.warn("the old backup {} cannot be removed: {}", file, failure.toString());
            }
        });
    }
}
