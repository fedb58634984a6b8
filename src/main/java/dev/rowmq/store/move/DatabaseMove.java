package dev.rowmq.store.move;

import dev.rowmq.store.database.StoreStartException;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** The move of one partition. */
final class DatabaseMove implements AutoCloseable {

    /** A table, with the columns of its primary key in the order in which it is read. */
    record MovedTable(String name, List<String> key) {

        static MovedTable of(String name, String... key) {
            return new MovedTable(name, List.of(key));
        }
    }

    /** The table in the target that records how far the move is; it exists until the move is complete. */
    static final String PROGRESS = "move_progress";

    /** Rows of that table beside those of the tables: the state of the source at the begin, and the mark of the end. */
    private static final String SOURCE = "(source)";
    private static final String COMPLETE = "(complete)";

    static final List<MovedTable> TABLES = List.of(
            MovedTable.of("queue", "id"),
            MovedTable.of("queue_counter", "queue_id", "writer"),
            MovedTable.of("message", "queue_id", "priority", "position"),
            MovedTable.of("delayed_message", "queue_id", "due_at", "position"),
            MovedTable.of("dead_letter", "queue_id", "position"),
            MovedTable.of("processed_id", "queue_id", "id"),
            MovedTable.of("message_group", "queue_id", "group_id"),
            MovedTable.of("group_member", "queue_id", "group_id", "position"),
            MovedTable.of("message_expiry", "expires_at", "queue_id", "priority", "position"),
            MovedTable.of("topic", "name"),
            MovedTable.of("subscription", "id"),
            MovedTable.of("message_task", "id"),
            MovedTable.of("audit_entry", "id"),
            MovedTable.of("seal_key", "id"),
            MovedTable.of("partition_home", "id"),
            MovedTable.of("partition_count", "partitions"));

    private static final List<String> SEQUENCES =
            List.of("message_position", "lease_token", "counter_writer", "stream_number");

    /** What may have been drawn and not used: a sequence in the target begins after it. */
    private static final long GAP = 1000;

    private final MoveDatabase from;
    private final MoveDatabase to;
    private final int partition;
    private final MoveProgress progress;
    private Connection source;

    DatabaseMove(MoveDatabase from, MoveDatabase to, int partition, MoveProgress progress) {
        this.from = from;
        this.to = to;
        this.partition = partition;
        this.progress = progress;
    }

    /** Whether the target has the mark of a complete move, of which not all marks were removed. */
    boolean complete() throws SQLException {
        if (!to.has(PROGRESS)) {
            return false;
        }
        try (Connection target = to.connection()) {
            return one(target, "select count(*) from " + PROGRESS + " where table_name = '" + COMPLETE + "'") > 0;
        }
    }

    /** Marks the target as complete: to be called when all partitions are. */
    void markComplete() throws SQLException {
        execute("insert into " + PROGRESS + " (table_name, copied) values ('" + COMPLETE + "', 0)");
    }

    /** Removes the record of the progress: the service may use the target from now on. */
    void unmark() throws SQLException {
        execute("drop table if exists " + PROGRESS);
    }

    private void execute(String sql) throws SQLException {
        try (Connection target = to.connection();
                Statement statement = target.createStatement()) {
            statement.execute(sql);
        }
        to.sync();
    }

    /**
     * Locks the source and makes the tables of the target.
     *
     * @throws StoreStartException when the source has no queues, a service uses it, or the target is not empty
     */
    void begin() throws SQLException {
        if (!from.has("queue_counter") || !from.has("partition_home")) {
            throw refused("has no tables of RowMQ", "Correct --from.");
        }
        source = from.connection();
        refuseServices();
        from.migrate();
        source.setAutoCommit(false);
        if (!from.isH2()) {
            lock();
        }
        boolean continued = to.has(PROGRESS);
        to.migrate();
        try (Connection target = to.connection();
                Statement statement = target.createStatement()) {
            if (!continued && count(target, "queue") + count(target, "partition_home") > 0) {
                throw new StoreStartException(
                        "the target of partition " + partition + " holds an installation already",
                        "nothing was changed",
                        "Give an empty database, or a schema of its own in --to-schema.");
            }
            statement.execute("create table if not exists " + PROGRESS
                    + " (table_name varchar(100) primary key, last_key varchar(10000), copied bigint not null)");
        }
        refuseChangedSource();
    }

    private void refuseServices() throws SQLException {
        if (!from.isH2() && one(source, "select count(*) from pg_stat_activity where datname = current_database()"
                + " and application_name = 'rowmq-listener ' || current_schema()") > 0) {
            throw refused("is used by a service", "Stop all instances of the service.");
        }
    }

    /** A source that was used between two runs has other rows than those that the first run copied. */
    private void refuseChangedSource() throws SQLException {
        String now = text(source, "select coalesce(sum(sent + received + acked + dead_lettered + expired + purged"
                + " + redelivered), 0) || ' ' || (select max(secret) from seal_key) from queue_counter");
        try (Connection target = to.connection()) {
            String then =
                    text(target, "select max(last_key) from " + PROGRESS + " where table_name = '" + SOURCE + "'");
            if (then == null) {
                try (PreparedStatement insert = target.prepareStatement("insert into " + PROGRESS
                        + " (table_name, last_key, copied) values ('" + SOURCE + "', ?, 0)")) {
                    insert.setString(1, now);
                    insert.executeUpdate();
                }
            } else if (!then.equals(now)) {
                throw new StoreStartException(
                        "the source of partition " + partition + " was used, or is another one, since the move began",
                        "nothing was copied by this run",
                        "Empty the target and begin again, while no service uses the source.");
            }
        }
    }

    /** No service may write to the source while it is read, and none may be in the middle of a change. */
    private void lock() throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.execute("set local lock_timeout = '5s'");
            for (MovedTable table : TABLES) {
                statement.execute("lock table " + table.name() + " in share mode");
            }
        }
    }

    private StoreStartException refused(String why, String advice) {
        return new StoreStartException(
                "the source of partition " + partition + " " + why, "nothing was changed", advice);
    }

    /** Copies all tables, from where an earlier run stopped. */
    void copy() throws SQLException {
        try (Connection target = to.connection()) {
            target.setAutoCommit(false);
            for (MovedTable table : TABLES) {
                new TableCopy(source, target, table, progress).run(count(source, table.name()));
                to.sync();
            }
        }
    }

    /**
     * Compares the numbers of rows and sets the sequences.
     *
     * @throws StoreStartException when a table has another number of rows
     */
    void finish() throws SQLException {
        try (Connection target = to.connection();
                Statement statement = target.createStatement()) {
            for (MovedTable table : TABLES) {
                long here = count(source, table.name());
                long there = count(target, table.name());
                if (here != there) {
                    throw new StoreStartException(
                            "table %s has %d rows in the source and %d in the target".formatted(
                                    table.name(), here, there),
                            "the target is not complete",
                            "Empty the target and begin again.");
                }
                progress.compared(table.name(), there);
            }
            for (String sequence : SEQUENCES) {
                statement.execute("alter sequence " + sequence + " restart with "
                        + (one(source, "select nextval('" + sequence + "')") + GAP));
            }
            for (String table : List.of("queue", "subscription", "audit_entry")) {
                statement.execute("alter table " + table + " alter column id restart with "
                        + (one(source, "select coalesce(max(id), 0) from " + table) + GAP));
            }
            to.sync();
        }
    }

    private static long count(Connection connection, String table) throws SQLException {
        return one(connection, "select count(*) from " + table);
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static long one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public void close() {
        try {
            if (source != null) {
                source.close();
            }
        } catch (SQLException broken) {
            // the pool closes the connection
        } finally {
            from.close();
            to.close();
        }
    }
}
