package dev.rowmq.store;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

import javax.sql.DataSource;

import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.MVStore;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What it takes, beside COMMIT, that a committed change survives a crash. On PostgreSQL nothing.
 *
 * <p>On H2 a commit returns before anything is on disk, so each is followed by CHECKPOINT SYNC. That alone is not enough:
 * H2's background writer may have taken the change into its own pipeline a moment before, and then the checkpoint finds
 * nothing to write and syncs a file that does not hold the change yet (seen: 5 messages lost in 2 of 3 kills). With
 * WRITE_DELAY 0 there is no background writer, and every write is done when it returns. Changes of a file are
 * made one after the other, which costs nothing, as the checkpoints are, and keeps clear of H2's races between transactions.
 */
final class Durability {

    private static final int WANTED_FILL_PERCENT = 50;
    private static final int REWRITTEN_AT_ONCE = 4 << 20;

    private final DataSource dataSource;
    private final boolean embedded;
    /** By partition, each of which is a file of its own. */
    private final Map<Integer, ReentrantLock> oneAtATime = new ConcurrentHashMap<>();

    Durability(DataSource dataSource, boolean embedded) {
        this.dataSource = dataSource;
        this.embedded = embedded;
        if (embedded) {
            writeAtOnce(dataSource);
        }
    }

    /** What an H2 database is to be told once after it was opened. */
    static void writeAtOnce(DataSource h2) {
        JdbcTemplate jdbc = new JdbcTemplate(h2);
        jdbc.execute("set write_delay 0");
        jdbc.execute("set retention_time 0");
    }

    private ReentrantLock oneAtATime() {
        return oneAtATime.computeIfAbsent(Partitions.current(), any -> new ReentrantLock(true));
    }

    void beforeChange() {
        if (embedded) {
            oneAtATime().lock();
        }
    }

    void afterCommit() {
        if (embedded) {
            new JdbcTemplate(dataSource).execute("checkpoint sync");
        }
    }

    /**
     * Rewrites the emptiest parts of H2's file, so that their room is used again, which without a background writer nobody
     * else does. Not {@code compactFile}: that moves parts about, and on a database in use it broke the store ("AssertionError: 15").
     *
     * @param longest keeps everybody waiting not much longer than this
     */
    void compact(Duration longest) {
        ReentrantLock lock = oneAtATime();
        lock.lock();
        try {
            new JdbcTemplate(dataSource).execute((ConnectionCallback<Void>) connection -> {
                SessionLocal session = (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
                MVStore store = session.getDatabase().getStore().getMvStore();
                long end = System.nanoTime() + longest.toNanos();
                while (store.compact(WANTED_FILL_PERCENT, REWRITTEN_AT_ONCE) && System.nanoTime() < end) {
                    store.commit();
                }
                return null;
            });
        } finally {
            lock.unlock();
        }
    }

    void afterChange() {
        if (embedded && oneAtATime().isHeldByCurrentThread()) {
            oneAtATime().unlock();
        }
    }
}
