package dev.rowmq.store.postgres.connection;

import dev.rowmq.store.database.StoreStartException;

import com.zaxxer.hikari.HikariDataSource;

import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for a PostgreSQL that is started together with this service, and reports why it cannot be used. */
public final class PostgresStartup {

    private static final Logger log = LoggerFactory.getLogger(PostgresStartup.class);

    private static final Duration BETWEEN_TRIES = Duration.ofMillis(500);
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);

    /** SQLSTATEs of failures that waiting cannot resolve: authorization, no such database, a database that is unfit. */
    private static final Set<String> FINAL = Set.of("28P01", "28000", "3D000", "42501", PostgresDataSource.UNFIT);

    /** PgBouncer uses this one SQLSTATE for every refusal; its message shows whether waiting can help. */
    private static final String POOLER = "08P01";

    private static final List<String> FINAL_WORDS =
            List.of("no such database", "unsupported startup parameter", "authentication failed", "does not exist");

    private PostgresStartup() {}

    /** @throws StoreStartException when the database refuses, or does not answer within that time */
    static void await(HikariDataSource pool, Duration timeout) {
        long begin = System.nanoTime();
        long nextLine = begin + BETWEEN_LINES.toNanos();
        while (true) {
            try (Connection connection = pool.getDataSource().getConnection(pool.getUsername(), pool.getPassword())) {
                return;
            } catch (SQLException failure) {
                long left = begin + timeout.toNanos() - System.nanoTime();
                if (left <= 0 || isFinal(failure)) {
                    throw refused(pool, failure, timeout);
                }
                if (System.nanoTime() - nextLine >= 0) {
                    nextLine += BETWEEN_LINES.toNanos();
                    log.warn("waiting up to {} s more for {}: {}", left / 1_000_000_000, shown(pool), words(failure));
                }
                LockSupport.parkNanos(Math.min(left, BETWEEN_TRIES.toNanos()));
            }
        }
    }

    private static boolean isFinal(SQLException failure) {
        return FINAL.contains(String.valueOf(failure.getSQLState()))
                || POOLER.equals(failure.getSQLState())
                        && FINAL_WORDS.stream().anyMatch(failure.getMessage()::contains);
    }

    private static StoreStartException refused(HikariDataSource pool, SQLException failure, Duration timeout) {
        return new StoreStartException("RowMQ tried to connect to " + shown(pool), answer(failure),
                advice(failure, pool, timeout));
    }

    /** The database's message with the SQLSTATE, as an operator would search for it. */
    public static String answer(SQLException failure) {
        return "the answer was: %s (SQLSTATE %s)".formatted(words(failure), failure.getSQLState());
    }

    private static String words(SQLException failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root instanceof UnknownHostException ? "unknown host " + root.getMessage()
                : failure.getMessage();
        return message.lines().findFirst().orElse("nothing");
    }

    /** The URL without its parameters, of which one may be a password, and the user. */
    public static String shown(HikariDataSource pool) {
        String url = pool.getJdbcUrl().split("[?;]", 2)[0].replaceFirst("//[^/@]*@", "//");
        return pool.getUsername() == null ? url : url + " as user '" + pool.getUsername() + "'";
    }

    private static String advice(SQLException failure, HikariDataSource pool, Duration timeout) {
        return switch (String.valueOf(failure.getSQLState())) {
            case "28P01", "28000" ->
                "Check spring.datasource.username and spring.datasource.password (or those of rowmq.partitions), and "
                        + "the server's pg_hba.conf.";
            case "3D000" -> "Create the database, or correct its name at the end of spring.datasource.url.";
            case POOLER -> failure.getMessage().contains("unsupported startup parameter")
                    ? "Take the options out of spring.datasource.url, or add what it names to PgBouncer's "
                            + "ignore_startup_parameters; RowMQ sets its own settings."
                    : "Check the database and the user in PgBouncer's [databases] section and its auth_file, and that "
                            + "PostgreSQL runs behind it.";
            case "53300" -> "Raise max_connections of the server, or lower spring.datasource.hikari.maximum-pool-size.";
            case PostgresDataSource.UNFIT -> "Give RowMQ a database of its own with the encoding UTF8.";
            default -> failure.getMessage().contains("targetServerType")
                    ? "Let spring.datasource.url lead to the primary: a standby, or a role or database with "
                            + "default_transaction_read_only = on, cannot be written to."
                    : ("Start the database or correct host and port in spring.datasource.url; "
                            + "a start waits for rowmq.store.start-timeout (now %d s).")
                            .formatted(timeout.toSeconds());
        };
    }
}
