package dev.rowmq.store.postgres;

import dev.rowmq.store.postgres.connection.PostgresDataSource;
import dev.rowmq.store.database.DatabaseSupport;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * VACUUM of the tables that change most, without ANALYZE: statistics of a table that was empty for a moment would
 * mislead the planner until the next ANALYZE.
 */
final class PostgresVacuum {

    private static final Logger log = LoggerFactory.getLogger(PostgresVacuum.class);

    private static final List<String> TABLES =
            List.of("message", "delayed_message", "message_expiry", "message_group", "group_member", "queue_counter",
                    "processed_id", "dead_letter");

    private final JdbcTemplate jdbc;
    private final DatabaseSupport database;
    /** Tables for which a missing right to vacuum has been logged. */
    private final Set<String> refused = ConcurrentHashMap.newKeySet();

    PostgresVacuum(JdbcTemplate jdbc, DatabaseSupport database) {
        this.jdbc = jdbc;
        this.database = database;
    }

    /** Returns the tables that were vacuumed. */
    List<String> run() {
        return TABLES.stream().filter(this::vacuumed).toList();
    }

    private boolean vacuumed(String table) {
        try {
            return jdbc.execute((ConnectionCallback<Boolean>) connection -> vacuum(connection, table));
        } catch (DataAccessException busy) {
            log.warn("table {} could not be vacuumed and will be again: {}", table, busy.getMessage());
            return false;
        }
    }

    /** Suspends the time limits of statements: a vacuum of a large table exceeds them. */
    private boolean vacuum(Connection connection, String table) throws SQLException {
        int timeout = connection.getNetworkTimeout();
        connection.setNetworkTimeout(Runnable::run, 0);
        // behind a pooler, a statement of the wrapped connection would be in a transaction, where VACUUM is refused
        Connection direct = (Connection) connection.unwrap(PGConnection.class);
        String qualified = connection.getSchema() + "." + table;
        try (Statement statement = direct.createStatement()) {
            if (database.behindPooler()) {
                // the session passes to another client next: its settings stay unchanged
                return vacuumed(statement, qualified);
            }
            statement.execute("set statement_timeout = 0");
            try {
                return vacuumed(statement, qualified);
            } finally {
                statement.execute("set statement_timeout = " + PostgresDataSource.STATEMENT_TIMEOUT_MILLIS);
            }
        } finally {
            connection.setNetworkTimeout(Runnable::run, timeout);
        }
    }

    /** PostgreSQL only warns when the role may not vacuum a table. Returns whether the table was vacuumed. */
    private boolean vacuumed(Statement statement, String table) throws SQLException {
        statement.clearWarnings();
        statement.execute("vacuum " + table);
        SQLWarning warning = statement.getWarnings();
        if (warning == null) {
            return true;
        }
        if (refused.add(table)) {
            log.warn(
                    "table {} is not vacuumed: {}; autovacuum has to do it, or as its owner: grant maintain on {} to "
                            + "current role (PostgreSQL 17), or make the role its owner",
                    table,
                    warning.getMessage(),
                    table);
        }
        return false;
    }
}
