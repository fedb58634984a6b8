package dev.rowmq.store.postgres.connection;

import com.zaxxer.hikari.HikariDataSource;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Opens the connections of a pool, and gives each the settings on which durability, time-outs and the meaning of
 * statements depend, independent of the role, the database and the URL.
 *
 * <p>A direct connection gets the settings once, for its session; {@code synchronous_commit} and the isolation level
 * are then read back. Behind a pooler (PgBouncer or a similar one) a session's settings and prepared statements pass to
 * the next client. So there every transaction begins with {@code set local}, at the cost of a round trip, and no
 * statement is prepared on the server. A pooler is detected by the process id at the start of the connection: the
 * server sends its own, and a pooler makes one up.
 */
public final class PostgresDataSource extends AbstractDataSource {

    private static final Logger log = LoggerFactory.getLogger(PostgresDataSource.class);

    /** Encodings in which every text can be stored. */
    private static final Set<String> ENCODINGS = Set.of("UTF8", "SQL_ASCII");

    private static final Pattern USER_IN_URL = Pattern.compile("(?<=[?&])(?:user|password)=[^&]*(?:&|$)");

    /** SQLSTATE of a database that cannot be used, and for which a retry cannot help. */
    static final String UNFIT = "RQ001";

    public static final int STATEMENT_TIMEOUT_MILLIS = 5000;

    /**
     * Settings of every transaction. {@code synchronous_commit} is set beside them: {@code on}, or the stronger
     * {@code remote_apply} where that is configured.
     */
    private static final Map<String, String> TRANSACTION = Map.of(
            "statement_timeout", Integer.toString(STATEMENT_TIMEOUT_MILLIS),
            "lock_timeout", "2000",
            "idle_in_transaction_session_timeout", "10000",
            "array_nulls", "on",
            "transform_null_equals", "off",
            "jit", "off",
            // The planner's statistics of a queue's tables are mostly wrong, as the tables were empty or full a minute
            // ago: a plan made for an empty table scans it when it is full. All statements find their rows by an index
            // and in its order.
            "enable_seqscan", "off",
            "enable_bitmapscan", "off",
            "enable_sort", "off");

    /** Settings that only a session can have. */
    private static final Map<String, String> SESSION = Map.of(
            "default_transaction_isolation", "read committed",
            "default_transaction_read_only", "off",
            "default_transaction_deferrable", "off",
            "idle_session_timeout", "0",
            "transaction_timeout", "0");

    private static final String DURABLE =
            "case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end";

    /** Sent together with BEGIN, so that it costs one round trip; the search path comes on top. */
    private static final String SET_LOCAL = "set transaction isolation level read committed, read write; "
            + TRANSACTION.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(setting -> "set local " + setting.getKey() + " = '" + setting.getValue() + "'; ")
                    .collect(Collectors.joining())
            + "select set_config('synchronous_commit', " + DURABLE + ", true)";

    private final HikariDataSource pool;
    private final PostgresSchema schema;
    private final ConnectionShare share;
    private volatile boolean pooler;
    private volatile boolean fsyncWarned;

    /** @param pool its url, user, password and driver properties are used at each connection */
    PostgresDataSource(HikariDataSource pool, PostgresSchema schema, ConnectionShare share) {
        this.pool = pool;
        this.schema = schema;
        this.share = share;
    }

    public PostgresSchema schema() {
        return schema;
    }

    /** Whether a pooler was detected between this service and PostgreSQL. Once detected, it is expected for good. */
    public boolean pooler() {
        return pooler;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return connection(pool.getJdbcUrl(), pool.getUsername(), pool.getPassword());
    }

    /** Connects as this user, and not as the one that the URL may name. */
    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        return connection(
                username == null ? pool.getJdbcUrl() : USER_IN_URL.matcher(pool.getJdbcUrl()).replaceAll(""),
                username,
                password);
    }

    private Connection connection(String url, String username, String password) throws SQLException {
        Properties properties = new Properties();
        properties.putAll(pool.getDataSourceProperties());
        if (username != null) {
            properties.setProperty("user", username);
        }
        if (password != null) {
            properties.setProperty("password", password);
        }
        Connection connection = DriverManager.getConnection(url, properties);
        try {
            return prepared(connection, Objects.equals(username, pool.getUsername()));
        } catch (SQLException | RuntimeException failure) {
            connection.close();
            throw failure;
        }
    }

    /** @param own whether the connection is for the role of the pool, and not for that of the migrations */
    private Connection prepared(Connection connection, boolean own) throws SQLException {
        PGConnection postgres = connection.unwrap(PGConnection.class);
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "select pg_backend_pid(), getdatabaseencoding(), current_setting('fsync'), "
                                + ConnectionShare.CONNECTION_LIMIT)) {
            row.next();
            refuseEncoding(row.getString(2));
            warnOfFsync(row.getString(3));
            if (own) {
                share.apply(row.getInt(4));
            }
            schema.find(connection);
            if (row.getInt(1) == postgres.getBackendPID()) {
                set(connection);
                return connection;
            }
        }
        if (!pooler) {
            pooler = true;
            log.info("a connection pooler stands before the database: each transaction sets its own settings, which "
                    + "costs a round trip");
        }
        postgres.setPrepareThreshold(0);
        return PooledSession.of(
                connection, SET_LOCAL + ", set_config('search_path', '" + schema.searchPath() + "', true)");
    }

    private void warnOfFsync(String fsync) {
        if (!fsync.equals("on") && !fsyncWarned) {
            fsyncWarned = true;
            log.warn("fsync is {} on the database server: a crash of its machine loses messages that were accepted",
                    fsync);
        }
    }

    private static void refuseEncoding(String encoding) throws SQLException {
        if (!ENCODINGS.contains(encoding)) {
            throw new SQLException(
                    ("the database's encoding is %s, which cannot store every text; RowMQ needs UTF8: create "
                            + "database ... encoding 'UTF8' template template0")
                            .formatted(encoding),
                    UNFIT);
        }
    }

    /** Sets the settings of the session. A setting that this server does not have is left out. */
    private void set(Connection connection) throws SQLException {
        Map<String, String> wanted = new LinkedHashMap<>(TRANSACTION);
        wanted.putAll(SESSION);
        wanted.put("search_path", schema.searchPath());
        String values = wanted.entrySet().stream()
                .map(setting -> "('" + setting.getKey() + "', '" + setting.getValue() + "')")
                .collect(Collectors.joining(", "));
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        """
                        select set_config(name, value, false)
                        from (values %s, ('synchronous_commit', %s)) as wanted (name, value)
                        where current_setting(name, true) is distinct from value
                            and current_setting(name, true) is not null
                        """
                                .formatted(values, DURABLE))) {
            while (row.next()) {
                // each row stands for one changed setting
            }
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "select current_setting('synchronous_commit'), "
                                + "current_setting('default_transaction_isolation')")) {
            row.next();
            if (!Set.of("on", "remote_apply").contains(row.getString(1))
                    || !row.getString(2).equals("read committed")) {
                throw new SQLException(
                        "the database does not take synchronous_commit = on and default_transaction_isolation = 'read "
                                + "committed' for this session",
                        UNFIT);
            }
        }
    }
}
