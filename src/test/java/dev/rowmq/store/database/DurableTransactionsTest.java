package dev.rowmq.store.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.postgres.PostgresSupport;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;

/** The error reported when a connection breaks, depending on the moment at which it breaks. */
class DurableTransactionsTest {

    /** Returns transactions of a database whose connections fail at these calls. */
    private static Transactions failingAt(String... calls) {
        Set<String> failing = Set.of(calls);
        Connection connection = (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (self, method, arguments) -> {
                    if (failing.contains(method.getName())) {
                        throw new SQLException("connection broken", "08006");
                    }
                    return switch (method.getName()) {
                        case "hashCode" -> 1;
                        case "equals" -> self == arguments[0];
                        default -> method.getReturnType() == boolean.class ? false : null;
                    };
                });
        DataSource dataSource = new AbstractDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                if (failing.contains("getConnection")) {
                    throw new SQLException("no connection", "08001");
                }
                return connection;
            }

            @Override
            public Connection getConnection(String user, String password) throws SQLException {
                return getConnection();
            }
        };
        DatabaseSupport support = new PostgresSupport(new JdbcTemplate(dataSource), Partitions.one(dataSource));
        DurableTransactions durable = new DurableTransactions(support.durability());
        return new Transactions(new DurableJdbcTransactions(dataSource, durable), durable, support);
    }

    private static ErrorCode codeOf(Transactions transactions, Runnable work) {
        return catchThrowableOfType(
                        QueueException.class,
                        () -> transactions.inTransaction(() -> {
                            work.run();
                            return null;
                        }))
                .code();
    }

    @Test
    void a_commit_that_breaks_is_of_unknown_outcome_also_when_the_rollback_after_it_breaks() {
        assertThat(codeOf(failingAt("commit", "rollback"), () -> {})).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
        assertThat(codeOf(failingAt("commit"), () -> {})).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    }

    @Test
    void what_breaks_before_the_commit_changed_nothing() {
        assertThat(codeOf(failingAt("getConnection"), () -> {})).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(codeOf(failingAt("rollback"), () -> {
            throw new CannotGetJdbcConnectionException("gone", new SQLException("gone", "08006"));
        })).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
    }

    private static ErrorCode codeOfStatement(RuntimeException failure) {
        return catchThrowableOfType(
                        QueueException.class,
                        () -> failingAt().autoCommitted(() -> {
                            throw failure;
                        }))
                .code();
    }

    private static RuntimeException answered(String sqlState) {
        return new UncategorizedSQLException(
                "task", "sql", new PSQLException(new ServerErrorMessage("SERROR\0C" + sqlState + "\0Mrefused\0")));
    }

    @Test
    void a_statement_that_commits_itself_changed_nothing_only_when_the_database_says_so_or_was_not_reached() {
        assertThat(codeOfStatement(
                        new CannotGetJdbcConnectionException("none", new SQLException("no connection", "08001"))))
                .isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(codeOfStatement(answered("57014"))).as("statement timeout").isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(codeOfStatement(answered("40P01"))).as("deadlock").isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(codeOfStatement(answered("57P01"))).as("shut down").isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
        assertThat(codeOfStatement(new UncategorizedSQLException(
                        "task", "sql", new PSQLException("broken", PSQLState.CONNECTION_FAILURE))))
                .isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    }

    @Test
    void what_fails_after_a_statement_that_committed_itself_is_of_unknown_outcome() {
        assertThat(catchThrowableOfType(
                                QueueException.class,
                                () -> failingAt().afterCommitted(() -> {
                                    throw new QueueException(ErrorCode.STORE_UNAVAILABLE, "gone");
                                }))
                        .code())
                .isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    }
}
