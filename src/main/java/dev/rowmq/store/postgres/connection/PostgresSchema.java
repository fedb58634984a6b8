package dev.rowmq.store.postgres.connection;

import dev.rowmq.store.database.StoreStartException;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Pattern;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schema of one partition, which holds all of its tables, sequences and functions. Every session and transaction of
 * the service searches this schema only. The schemas and the search path of other users of the database do not matter.
 */
public final class PostgresSchema {

    /** The schema when no other is configured. */
    public static final String DEFAULT = "rowmq";

    private static final Logger log = LoggerFactory.getLogger(PostgresSchema.class);

    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,39}");

    /** The schema that the role's own search path leads to, if versions before 0.2 made their tables there. */
    private static final String FORMER = """
        select current_schema()
        where (select count(*)
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = current_schema()
                and c.relname in ('queue_counter', 'message_position', 'seal_key', 'partition_home')) = 4
            and not exists (
                select 1
                from pg_catalog.pg_class c
                join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where n.nspname = ? and c.relname = 'partition_home')
        """;

    /** Whether roles other than its owner may create functions and operators in the schema. */
    private static final String OPEN_TO_ALL = "select has_schema_privilege('public', ?, 'create')";

    private final boolean configured;
    private volatile String name;
    private volatile boolean found;

    /** @param configured null = the default, or the schema that an earlier version used */
    public PostgresSchema(String configured) {
        this.configured = configured != null;
        this.name = configured == null ? DEFAULT : configured;
    }

    /**
     * Checks the name of a schema.
     *
     * @param setting the name of the setting, for the error text
     * @throws IllegalArgumentException when the name is not allowed; null is allowed
     */
    public static void check(String setting, String name) {
        if (name != null && (!NAME.matcher(name).matches() || name.startsWith("pg_"))) {
            throw new IllegalArgumentException(
                    "%s is '%s'; allowed are 1 to 40 of a-z 0-9 _, not a digit first and not ".formatted(setting, name)
                            + "pg_ at the beginning");
        }
    }

    public String name() {
        return name;
    }

    /** The search path of the service's sessions: temporary tables of a session behind a pooler come last. */
    String searchPath() {
        return "\"" + name + "\", pg_temp";
    }

    /**
     * Looks for an installation of an earlier version, once, unless a schema is configured. To be called before the
     * search path of the connection is set.
     */
    void find(Connection connection) throws SQLException {
        if (configured || found) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(FORMER)) {
            statement.setString(1, name);
            try (ResultSet former = statement.executeQuery()) {
                if (former.next() && !former.getString(1).equals(name)) {
                    name = former.getString(1);
                    log.info("the tables are in the schema {}, where an earlier version made them; they stay there",
                            name);
                }
            }
        }
        found = true;
    }

    /** An operator that another role makes in the schema could be taken for one of PostgreSQL's by the functions. */
    private void warnIfOpenToAll(Connection connection) throws SQLException {
        try (PreparedStatement look = connection.prepareStatement(OPEN_TO_ALL)) {
            look.setString(1, name);
            try (ResultSet row = look.executeQuery()) {
                if (row.next() && row.getBoolean(1)) {
                    log.warn("every role may create objects in the schema {}, and so change what the SQL functions do;"
                            + " run: revoke create on schema {} from public", name, name);
                }
            }
        }
    }

    /**
     * Makes the schema if it does not exist.
     *
     * @throws StoreStartException when the role must not make it
     */
    public void create(Connection connection) throws SQLException {
        try (PreparedStatement look = connection.prepareStatement("select 1 from pg_namespace where nspname = ?")) {
            look.setString(1, name);
            try (ResultSet row = look.executeQuery()) {
                if (row.next()) {
                    warnIfOpenToAll(connection);
                    return;
                }
            }
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("create schema if not exists \"" + name + "\"");
        } catch (SQLException failure) {
            if (!"42501".equals(failure.getSQLState())) {
                throw failure;
            }
            throw new StoreStartException(
                    "RowMQ tried to make the schema " + name + " for its tables",
                    PostgresStartup.answer(failure),
                    "Run as the owner of the database: create schema %s authorization %s; or name a schema that this "
                            .formatted(name, connection.getMetaData().getUserName())
                            + "role owns in rowmq.store.schema.");
        }
    }
}
