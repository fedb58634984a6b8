package dev.rowmq.store;

import dev.rowmq.message.OutOfMemory;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;

import java.nio.channels.ClosedChannelException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import org.h2.api.ErrorCode;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets an H2 database going again that closed itself, as it does when a write fails: a full disk, no memory, an
 * interrupted thread. Its connections go on saying that they are valid, so the pool would hand them out for ever. Each
 * error of the pool's connections comes by here; after one that means the end, the database is closed for good and the
 * pool's connections are replaced, which opens it anew. Damage is noted for the health of the service.
 */
final class H2Recovery implements SQLExceptionOverride {

    private static final Logger log = LoggerFactory.getLogger(H2Recovery.class);

    private static final Set<Integer> CLOSED =
            Set.of(ErrorCode.DATABASE_IS_CLOSED, ErrorCode.DATABASE_CALLED_AT_SHUTDOWN, ErrorCode.OUT_OF_MEMORY);
    /** MVStore reports them for a page, or for a reference to one, that cannot be as it was written. */
    private static final Set<Integer> DAMAGED = Set.of(
            DataUtils.ERROR_FILE_CORRUPT,
            DataUtils.ERROR_CHUNK_NOT_FOUND,
            DataUtils.ERROR_UNSUPPORTED_FORMAT,
            DataUtils.ERROR_BLOCK_NOT_FOUND,
            DataUtils.ERROR_SERIALIZATION,
            DataUtils.ERROR_TRANSACTION_CORRUPT,
            DataUtils.ERROR_UNKNOWN_DATA_TYPE);
    private static final long BETWEEN_TRIES_NANOS = 200_000_000;
    /** Chains of causes can be circular in H2. */
    private static final int LONGEST_CHAIN = 20;

    private final HikariDataSource pool;
    private final AtomicBoolean mending = new AtomicBoolean();
    private volatile String damage;

    H2Recovery(HikariDataSource pool) {
        this.pool = pool;
    }

    /** What is damaged in the file, as far as it was found; empty = nothing. */
    Optional<String> damage() {
        return Optional.ofNullable(damage);
    }

    @java.lang.Override
    public Override adjudicate(SQLException failure) {
        OutOfMemory.check(failure);
        Optional<String> found = damage(failure);
        if (found.isPresent()) {
            if (damage == null) {
                log.error("the database file is damaged: {}; restore a backup, see the documentation of H2's "
                        + "org.h2.tools.Recover", found.get());
            }
            damage = found.get();
            return Override.CONTINUE_EVICT;
        }
        if (!dead(failure, cause(failure, MVStoreException.class))) {
            return Override.CONTINUE_EVICT;
        }
        if (mending.compareAndSet(false, true)) {
            // not a virtual thread: H2's file must not be read by one that could be interrupted
            Thread.ofPlatform().daemon().name("rowmq-h2-recovery").start(this::mend);
        }
        return Override.MUST_EVICT;
    }

    /** The text of the error by which H2 reports damage in its file; empty when the failure is none. */
    static Optional<String> damage(Throwable failure) {
        MVStoreException store = cause(failure, MVStoreException.class);
        if (store != null
                && (DAMAGED.contains(store.getErrorCode())
                        || store.getErrorCode() == DataUtils.ERROR_READING_FAILED
                                && cause(store, ClosedChannelException.class) == null)) {
            return Optional.of(store.getMessage());
        }
        SQLException sql = cause(failure, SQLException.class);
        return sql != null && sql.getErrorCode() == ErrorCode.FILE_CORRUPTED_1
                ? Optional.of(sql.getMessage())
                : Optional.empty();
    }

    static <T> T cause(Throwable failure, Class<T> type) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < LONGEST_CHAIN; i++) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
            cause = cause.getCause();
        }
        return null;
    }

    private static boolean dead(SQLException failure, MVStoreException store) {
        return CLOSED.contains(failure.getErrorCode())
                || cause(failure, ClosedChannelException.class) != null
                || cause(failure, OutOfMemoryError.class) != null
                || store != null
                        && Set.of(DataUtils.ERROR_WRITING_FAILED, DataUtils.ERROR_INTERNAL, DataUtils.ERROR_CLOSED)
                                .contains(store.getErrorCode());
    }

    private void mend() {
        try {
            log.warn("the database closed itself and is opened again");
            try (Connection connection = DriverManager.getConnection(pool.getJdbcUrl(), credentials())) {
                if (!alive(connection)) {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute("shutdown immediately");
                    }
                }
            } catch (SQLException | RuntimeException stillNoRoom) {
                log.debug("the database cannot be opened yet", stillNoRoom);
            }
            pool.getHikariPoolMXBean().softEvictConnections();
            LockSupport.parkNanos(BETWEEN_TRIES_NANOS);
        } finally {
            mending.set(false);
        }
    }

    private Properties credentials() {
        Properties properties = new Properties();
        if (pool.getUsername() != null) {
            properties.setProperty("user", pool.getUsername());
        }
        if (pool.getPassword() != null) {
            properties.setProperty("password", pool.getPassword());
        }
        return properties;
    }

    /** Whether the file can be read; a store whose channel was closed by an interrupt does not know it yet. */
    private static boolean alive(Connection connection) throws SQLException {
        SessionLocal session = (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
        MVStore store = session.getDatabase().getStore().getMvStore();
        if (store.isClosed()) {
            return false;
        }
        try {
            store.getFileStore().readFully(null, 0, 4096);
            return true;
        } catch (MVStoreException unreadable) {
            return false;
        }
    }
}
