package dev.rowmq.store.h2;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.database.Durability;
import dev.rowmq.store.database.Partitions;

import java.nio.file.Files;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

import javax.sql.DataSource;

import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.FileStore;
import org.h2.mvstore.MVStore;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Makes a commit on H2 survive a crash. A commit returns before anything is on disk, so each commit is followed by
 * CHECKPOINT SYNC. That alone is not enough: H2's background writer may have taken the change into its own pipeline a
 * moment before. The checkpoint then finds nothing to write and syncs a file that does not hold the change yet (seen: 5
 * messages lost in 2 of 3 kills). With WRITE_DELAY 0 there is no background writer, and every write is done when it
 * returns. Changes of a file are made one after the other. This costs nothing, as checkpoints run one after the other
 * anyway, and it avoids H2's races between transactions.
 */
public final class H2Durability implements Durability {

    private static final int WANTED_FILL_PERCENT = 50;
    private static final int REWRITTEN_AT_ONCE = 4 << 20;

    /** Bytes of disk that a new message must leave free; acks may use them. */
    private static final long RESERVE_FOR_ACKS = 32L << 20;
    /** Bytes of disk that stay free for a compaction, which writes before it frees anything. */
    private static final long COMPACTION_RESERVE = 8L << 20;
    private static final Duration COMPACTION_BEFORE_CHANGE = Duration.ofMillis(50);

    /** Bytes that may be written to the file for each byte of a body in a changed row; 3 were measured. */
    private static final long WRITTEN_PER_BYTE = 5;
    /** Bytes of heap for each byte of a body in a changed row: H2 takes ten, other threads need heap too. */
    private static final long HEAP_PER_BYTE = 64;

    private final DataSource dataSource;
    private final AtomicBoolean compacting = new AtomicBoolean();
    /** By partition number. */
    private final Map<Integer, H2StoreFile> files = new ConcurrentHashMap<>();
    /** The write lock of each partition, by partition number; each partition is a file of its own. */
    private final Map<Integer, ReentrantLock> oneAtATime = new ConcurrentHashMap<>();

    public H2Durability(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    private ReentrantLock oneAtATime() {
        return oneAtATime.computeIfAbsent(Partitions.current(), any -> new ReentrantLock(true));
    }

    /**
     * Looks at the disk when nothing else writes to the file: a compaction takes its reserve for a moment, in which no
     * change is refused.
     */
    @Override
    public void beforeChange() {
        ReentrantLock lock = oneAtATime();
        lock.lock();
        try {
            H2StoreFile file = file();
            if (file != null && file.usableSpace() < COMPACTION_RESERVE) {
                compact(COMPACTION_BEFORE_CHANGE);
            }
            refuseBelow(COMPACTION_RESERVE);
        } catch (RuntimeException | Error refused) {
            lock.unlock();
            throw refused;
        }
    }

    /**
     * Reserves disk space for acks, so that a queue on a full disk can be drained: H2 closes itself when a write fails.
     *
     * @throws QueueException {@link ErrorCode#STORE_FULL} when less than the reserve is free
     */
    void beforeGrowing() {
        refuseBelow(RESERVE_FOR_ACKS);
    }

    /** H2 rewrites a changed row as a whole: the bodies must fit several times on the disk and into the heap. */
    @Override
    public long maxRewriteBytes() {
        H2StoreFile file = file();
        long onDisk = file == null ? Long.MAX_VALUE : (file.usableSpace() - COMPACTION_RESERVE) / WRITTEN_PER_BYTE;
        return Math.clamp(onDisk, 1, Runtime.getRuntime().maxMemory() / HEAP_PER_BYTE);
    }

    /** The file of the current partition; null for a database in memory. */
    private H2StoreFile file() {
        H2StoreFile known = files.get(Partitions.current());
        return known != null
                ? known
                : new JdbcTemplate(dataSource).execute((ConnectionCallback<H2StoreFile>) connection ->
                        file(mvStore(connection).getFileStore()));
    }

    private H2StoreFile file(FileStore<?> store) {
        return store == null
                ? null
                : files.computeIfAbsent(Partitions.current(), any -> {
                    H2StoreFile file = H2StoreFile.ofFile(Path.of(store.getFileName()));
                    file.ownerOnly();
                    return file;
                });
    }

    private void refuseBelow(long reserve) {
        H2StoreFile file = file();
        if (file == null) {
            return;
        }
        long usable = file.usableSpace();
        if (usable < reserve) {
            if (compacting.compareAndSet(false, true)) {
                int partition = Partitions.current();
                Thread.ofPlatform().daemon().name("rowmq-h2-compact").start(() -> Partitions.within(partition, () -> {
                    try {
                        compact(COMPACTION_BEFORE_CHANGE);
                        LockSupport.parkNanos(1_000_000_000);
                    } finally {
                        compacting.set(false);
                    }
                }));
            }
            throw new QueueException(
                    ErrorCode.STORE_FULL,
                    ("the disk of the database file has %d MB left and %d MB are kept free; nothing was changed, "
                            + "make room or consume messages")
                            .formatted(usable >> 20, reserve >> 20));
        }
    }

    @Override
    public void afterCommit() {
        new JdbcTemplate(dataSource).execute((ConnectionCallback<Void>) connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("checkpoint sync");
            }
            noteVersion(connection);
            return null;
        });
    }

    private void noteVersion(Connection connection) throws SQLException {
        FileStore<?> store = mvStore(connection).getFileStore();
        if (store != null) {
            file(store).synced(store.lastChunkVersion());
        }
    }

    static MVStore mvStore(Connection connection) throws SQLException {
        SessionLocal session = (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
        return session.getDatabase().getStore().getMvStore();
    }

    /**
     * Writes a copy of the current partition's file as a zip file while it is in use.
     *
     * @throws UncheckedIOException when it cannot be written; nothing of it is left then
     */
    void backUp(Path file) {
        try {
            Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
            // in a folder that no other user of the machine may enter, and under its name only when it is complete
            Path part = Files.createTempDirectory(folder, ".backup-").resolve(file.getFileName());
            try {
                new JdbcTemplate(dataSource).execute("backup to '" + part.toString().replace("'", "''") + "'");
                H2StoreFile.ownerOnly(part);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
                Files.delete(part.getParent());
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /**
     * Rewrites the emptiest parts of H2's file so that their space is used again, which H2 itself does only in its
     * background writer. {@code compactFile} is not used: it moves parts about, and on a database in use it broke the
     * store ("AssertionError: 15").
     *
     * @param longest when it has passed, no further part is rewritten; writers wait not much longer than this
     */
    void compact(Duration longest) {
        ReentrantLock lock = oneAtATime();
        lock.lock();
        try {
            new JdbcTemplate(dataSource).execute((ConnectionCallback<Void>) connection -> {
                MVStore store = mvStore(connection);
                long end = System.nanoTime() + longest.toNanos();
                while (roomToCompact()
                        && store.compact(WANTED_FILL_PERCENT, REWRITTEN_AT_ONCE)
                        && System.nanoTime() < end) {
                    store.commit();
                }
                return null;
            });
        } finally {
            lock.unlock();
        }
    }

    private boolean roomToCompact() {
        H2StoreFile file = file();
        return file == null || file.usableSpace() > REWRITTEN_AT_ONCE + (1 << 20);
    }

    @Override
    public void afterChange() {
        if (oneAtATime().isHeldByCurrentThread()) {
            oneAtATime().unlock();
        }
    }
}
