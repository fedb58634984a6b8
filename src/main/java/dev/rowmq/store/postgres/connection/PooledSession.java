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
 * settings of this service. A statement outside a transaction gets a transaction of its own, from its creation until it
 * is closed.
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
            connection.setAutoCommit(false);
            begin();
            return new SingleStatement((Statement) invoke(connection, method, arguments)).proxy();
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

    /** A statement outside a transaction, whose transaction ends when it is closed. */
    private final class SingleStatement {

        private final Statement statement;
        private boolean failed;
        private boolean closed;

        SingleStatement(Statement statement) {
            this.statement = statement;
        }

        Statement proxy() {
            return (Statement) Proxy.newProxyInstance(
                    PooledSession.class.getClassLoader(),
                    new Class<?>[] {statement instanceof PreparedStatement ? PreparedStatement.class : Statement.class},
                    (proxy, method, arguments) -> call(method, arguments));
        }

        private Object call(Method method, Object[] arguments) throws Throwable {
            if (method.getName().equals("close") && !closed) {
                closed = true;
                close();
                return null;
            }
            try {
                return invoke(statement, method, arguments);
            } catch (SQLException failure) {
                failed = true;
                throw failure;
            }
        }

        private void close() throws SQLException {
            try {
                statement.close();
                if (failed) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
            } finally {
                connection.setAutoCommit(true);
            }
        }
    }
}
