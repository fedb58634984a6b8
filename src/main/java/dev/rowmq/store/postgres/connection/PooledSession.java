package dev.rowmq.store.postgres.connection;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A connection through a pooler, which may run each transaction in another session. Each transaction begins with the
 * settings of this service. Each execution of a statement outside a transaction is a transaction of its own, which is
 * committed when the execution returns. Statements that PostgreSQL refuses in a transaction, such as VACUUM, need the
 * connection that {@code unwrap(PGConnection.class)} returns.
 */
final class PooledSession {

    private final Connection connection;
    private final String settings;
    private boolean unset;

    private PooledSession(Connection connection, String settings) {
        this.connection = connection;
        this.settings = settings;
    }

    /** @param settings the statements that set the settings of a transaction */
    static Connection of(Connection connection, String settings) {
        PooledSession session = new PooledSession(connection, settings);
        return (Connection) Proxy.newProxyInstance(
                PooledSession.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> session.call(method, arguments));
    }

    private Object call(Method method, Object[] arguments) throws Throwable {
        String name = method.getName();
        boolean statement = name.startsWith("prepare") || name.equals("createStatement");
        if (!statement) {
            unset |= name.equals("setAutoCommit") || name.equals("commit") || name.equals("rollback");
            return invoke(connection, method, arguments);
        }
        if (connection.getAutoCommit()) {
            return singleStatement((Statement) invoke(connection, method, arguments));
        }
        if (unset) {
            begin();
        }
        return invoke(connection, method, arguments);
    }

    private void begin() throws SQLException {
        unset = false;
        try (Statement statement = connection.createStatement()) {
            statement.execute(settings);
        }
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
    }

    /** A statement outside a transaction, of which each execution is a transaction. */
    private Statement singleStatement(Statement statement) {
        return (Statement) Proxy.newProxyInstance(
                PooledSession.class.getClassLoader(),
                new Class<?>[] {statement instanceof PreparedStatement ? PreparedStatement.class : Statement.class},
                (proxy, method, arguments) -> method.getName().startsWith("execute")
                        ? inTransaction(statement, method, arguments)
                        : invoke(statement, method, arguments));
    }

    private Object inTransaction(Statement statement, Method method, Object[] arguments) throws Throwable {
        // a result that is fetched in portions would end with the transaction
        statement.setFetchSize(0);
        connection.setAutoCommit(false);
        try {
            begin();
            Object result = invoke(statement, method, arguments);
            connection.commit();
            return result;
        } catch (SQLException | RuntimeException failure) {
            try {
                connection.rollback();
            } catch (SQLException broken) {
                failure.addSuppressed(broken);
            }
            throw failure;
        } finally {
            connection.setAutoCommit(true);
        }
    }
}
