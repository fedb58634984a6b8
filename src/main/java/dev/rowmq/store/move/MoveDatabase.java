package dev.rowmq.store.move;

import dev.rowmq.store.database.StoreStartException;
import dev.rowmq.store.h2.H2PoolDefaults;
import dev.rowmq.store.postgres.connection.PostgresDataSource;
import dev.rowmq.store.postgres.connection.PostgresPoolDefaults;
import dev.rowmq.store.postgres.connection.PostgresSchema;

import com.zaxxer.hikari.HikariDataSource;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

import org.flywaydb.core.Flyway;

/** One of the two databases of a move, with the settings of the service's own connections. */
final class MoveDatabase implements AutoCloseable {

    private final HikariDataSource pool = new HikariDataSource();
    private final boolean h2;

    /**
     * @param username null = that of the URL
     * @param password null = that of the URL
     * @param schema   null = the default; PostgreSQL only
     * @param existing whether an H2 file must exist
     */
    MoveDatabase(String url, String username, String password, String schema, boolean existing) {
        this.h2 = url.startsWith("jdbc:h2:");
        PostgresSchema.check("the schema of a move", schema);
        if (!h2 && !url.startsWith("jdbc:postgresql:")) {
            throw new StoreStartException(
                    "a move was given a URL of an unknown kind",
                    url.split(":", 3)[0],
                    "Use jdbc:h2: or jdbc:postgresql:.");
        }
        if (existing) {
            H2PoolDefaults.requireFile(url);
        }
        pool.setJdbcUrl(url);
        // the numbers of rows of large tables take longer than the service lets a statement take
        pool.addDataSourceProperty("socketTimeout", "0");
        pool.setUsername(username);
        pool.setPassword(password);
        pool.setMaximumPoolSize(4);
        PostgresPoolDefaults.applyTo(pool, schema, 1);
        H2PoolDefaults.applyTo(pool);
        PostgresPoolDefaults.awaitStart(pool, Duration.ZERO);
    }

    boolean isH2() {
        return h2;
    }

    Connection connection() throws SQLException {
        Connection connection = pool.getConnection();
        try (Statement statement = connection.createStatement()) {
            if (h2) {
                // a result is read row by row, and not put together in memory first
                statement.execute("set lazy_query_execution 1");
            } else {
                statement.execute("set statement_timeout = 0");
                statement.execute("set idle_in_transaction_session_timeout = 0");
            }
        }
        return connection;
    }

    /** Makes the tables. */
    void migrate() throws SQLException {
        if (pool.getDataSource() instanceof PostgresDataSource postgres) {
            try (Connection connection = pool.getConnection()) {
                postgres.schema().create(connection);
            }
        }
        Flyway.configure()
                .dataSource(pool)
                .locations("classpath:db/migration/common", "classpath:db/migration/" + (h2 ? "h2" : "postgresql"))
                .load()
                .migrate();
    }

    /** Whether this database has the table. */
    boolean has(String table) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "select count(*) from information_schema.tables where lower(table_name) = '" + table
                                + "' and table_schema = " + (h2 ? "schema()" : "current_schema()"))) {
            row.next();
            return row.getInt(1) > 0;
        }
    }

    /** Brings all changes to disk. */
    void sync() throws SQLException {
        if (h2) {
            try (Connection connection = pool.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("checkpoint sync");
            }
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
