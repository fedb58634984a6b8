package dev.rowmq.store.database;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import org.h2.mvstore.MVStoreException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.transaction.TransactionException;

/**
 * Translates exceptions of a database or its driver into {@link QueueException}, the one exception that crosses
 * packages. A failure before COMMIT was sent changed nothing, so it is {@link ErrorCode#STORE_FULL} on a full disk and
 * {@link ErrorCode#STORE_UNAVAILABLE} when waiting may help. Any other failure is a defect and stays unchanged.
 */
public final class SqlErrorTranslator {

    /**
     * Classes of SQLSTATE for failures that pass: connection lost or refused (08), resources (53), operator
     * intervention (57), system error (58).
     */
    private static final Set<String> PASSING_CLASSES = Set.of("08", "53", "57", "58");

    private static final String LOCK_TIMEOUT = "55P03";

    /**
     * SQLSTATEs for failures that pass: serialization failure, deadlock, lock not available; read only after a
     * failover, idle in transaction; H2: lock time-out, closed, connection or file broken, changed meanwhile.
     */
    private static final Set<String> PASSING =
            Set.of("40001", "40P01", "55P03", "HYT00", "90098", "90067", "90121", "90028", "90131", "25006", "25P03");

    private static final String DISK_FULL = "53100";

    /** Maximum causes that are examined: chains of causes can be circular in H2. */
    private static final int MAX_CHAIN = 20;

    /** By partition number. */
    private static final Map<Integer, OutageLog> OUTAGES = new ConcurrentHashMap<>();

    private SqlErrorTranslator() {}

    /**
     * Runs the work.
     *
     * @throws QueueException {@link ErrorCode#STORE_UNAVAILABLE} in place of a failure that passes, {@link
     *     ErrorCode#STORE_FULL} in place of one caused by a full disk
     */
    public static <T> T translating(Supplier<T> work) {
        try {
            T result = work.get();
            outage().worked();
            return result;
        } catch (QueueException already) {
            throw already;
        } catch (RuntimeException failure) {
            throw translated(failure);
        }
    }

    /** Whether a failure, or null, is that of a statement that waited too long for a lock of another transaction. */
    public static boolean isLockTimeout(Throwable failure) {
        return FailureCauses.of(failure).stream()
                .anyMatch(cause -> cause instanceof SQLException sql && LOCK_TIMEOUT.equals(sql.getSQLState()));
    }

    private static OutageLog outage() {
        return OUTAGES.computeIfAbsent(Partitions.current(), any -> new OutageLog());
    }

    /** The exception for the caller; the failure itself when it is a defect. */
    public static RuntimeException translated(RuntimeException failure) {
        Optional<QueueException> refusal = refusal(failure);
        refusal.ifPresent(known -> outage().failed(known));
        return refusal.<RuntimeException>map(known -> known).orElse(failure);
    }

    private static Optional<QueueException> refusal(RuntimeException failure) {
        if (full(failure)) {
            return Optional.of(new QueueException(
                    ErrorCode.STORE_FULL,
                    "the database has no room left (%s); nothing was changed".formatted(words(failure)), failure));
        }
        if (FailureCauses.fileDamage(failure).isPresent()) {
            return Optional.of(new QueueException(
                    ErrorCode.STORE_UNAVAILABLE,
                    "the database file is damaged where this request needs it; nothing was changed, other "
                            + "messages remain available",
                    failure));
        }
        if (FailureCauses.first(failure, MVStoreException.class) != null || passes(failure)) {
            return Optional.of(new QueueException(
                    ErrorCode.STORE_UNAVAILABLE,
                    "the database does not answer or is busy; nothing was changed, try again",
                    failure));
        }
        return Optional.empty();
    }

    private static boolean full(RuntimeException failure) {
        SQLException sql = FailureCauses.first(failure, SQLException.class);
        if (sql != null && DISK_FULL.equals(sql.getSQLState())) {
            return true;
        }
        IOException io = FailureCauses.first(failure, IOException.class);
        return io != null && String.valueOf(io.getMessage()).contains("No space left");
    }

    /** The first line of the database's error message, at most 200 characters. */
    public static String words(Throwable failure) {
        SQLException sql = FailureCauses.first(failure, SQLException.class);
        String text = sql == null ? failure.toString() : String.valueOf(sql.getMessage());
        return SafeText.of(text.lines().findFirst().orElse("nothing"), 200);
    }

    /**
     * Whether a failed statement that commits itself may have been committed nevertheless. It was not if no connection
     * was obtained, or if PostgreSQL answered with an error of the statement, which rolls it back. An error that ends
     * the connection (severity FATAL or PANIC, SQLSTATE 57P..) proves nothing: the server sends one when it is shut
     * down, and a pooler sends one when its server was killed.
     */
    static boolean mayHaveCommitted(DataAccessException failure) {
        if (failure instanceof CannotGetJdbcConnectionException) {
            return false;
        }
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MAX_CHAIN; i++, cause = cause.getCause()) {
            if (cause instanceof PSQLException error) {
                ServerErrorMessage answer = error.getServerErrorMessage();
                return answer == null || !"ERROR".equals(answer.getSeverity()) || error.getSQLState().startsWith("57P");
            }
        }
        return failure.getCause() instanceof SQLException;
    }

    private static boolean passes(RuntimeException failure) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MAX_CHAIN; i++, cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException
                    || cause instanceof SQLException sql && passes(sql.getSQLState())) {
                return true;
            }
        }
        return failure instanceof TransactionException;
    }

    private static boolean passes(String state) {
        return state != null
                && (PASSING.contains(state) || state.length() == 5 && PASSING_CLASSES.contains(state.substring(0, 2)));
    }
}
