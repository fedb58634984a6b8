package dev.rowmq.store.h2;

import dev.rowmq.model.error.OutOfMemory;
import dev.rowmq.store.database.FailureCauses;

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
 * Reopens an H2 database that closed itself, as H2 does when a write fails: a full disk, no memory, an interrupted
 * thread. The connections of a closed database still report that they are valid, so the pool would hand them out for
 * ever. The pool passes each error of its connections to {@link #adjudicate}. After an error which shows that the
 * database is closed, it is shut down completely and the pool's connections are replaced, which opens it again. Damage
 * is recorded for the health of the service.
 */
final class H2Recovery implements SQLExceptionOverride {

    private static final Logger log = LoggerFactory.getLogger(H2Recovery.class);

    private static final Set<Integer> CLOSED =
            Set.of(ErrorCode.DATABASE_IS_CLOSED, ErrorCode.DATABASE_CALLED_AT_SHUTDOWN, ErrorCode.OUT_OF_MEMORY);
    /** Error codes of MVStore after which the store is closed. */
    private static final Set<Integer> ENDED =
            Set.of(DataUtils.ERROR_WRITING_FAILED, DataUtils.ERROR_INTERNAL, DataUtils.ERROR_CLOSED);
    private static final long BETWEEN_TRIES_NANOS = 200_000_000;

    private final HikariDataSource pool;
    private final AtomicBoolean mending = new AtomicBoolean();
    private volatile String damage;

    H2Recovery(HikariDataSource pool) {
        this.pool = pool;
    }

    /** The last damage found in the file; empty = none. */
    Optional<String> damage() {
        return Optional.ofNullable(damage);
    }

    @java.lang.Override
    public Override adjudicate(SQLException failure) {
        OutOfMemory.check(failure);
        FailureCauses.fileDamage(failure).ifPresent(found -> {
            if (damage == null) {
                log.error("the database file is damaged: {}; restore a backup, see the documentation of H2's "
                        + "org.h2.tools.Recover", found);
            }
            damage = found;
        });
        if (!dead(failure)) {
            return Override.CONTINUE_EVICT;
        }
        if (mending.compareAndSet(false, true)) {
            // not a virtual thread: H2's file must not be read by a thread that could be interrupted
            Thread.ofPlatform().daemon().name("rowmq-h2-recovery").start(this::mend);
        }
        return Override.MUST_EVICT;
    }

    private static boolean dead(SQLException failure) {
        return CLOSED.contains(failure.getErrorCode())
                || FailureCauses.of(failure).stream().anyMatch(cause -> cause instanceof ClosedChannelException
                        || cause instanceof OutOfMemoryError
                        || cause instanceof MVStoreException store && ENDED.contains(store.getErrorCode()));
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

    /** Whether the file can be read. A store whose channel was closed by an interrupt still reports that it is open. */
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
