package dev.rowmq.store.move;

import dev.rowmq.store.database.StoreStartException;

import java.sql.Connection;
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

    private static final List<MovedTable> TABLES = List.of(
            MovedTable.of("queue", "id"),
            MovedTable.of("queue_counter", "queue_id", "writer"),
            MovedTable.of("message", "queue_id", "priority", "position"),
            MovedTable.of("delayed_message", "queue_id", "due_at", "position"),
            MovedTable.of("dead_letter", "queue_id", "position"),
            MovedTable.of("processed_id", "queue_id", "id"),
            MovedTable.of("message_expiry", "expires_at", "queue_id", "priority", "position"),
            MovedTable.of("topic", "name"),
            MovedTable.of("subscription", "id"),
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

    /**
     * Locks the source and makes the tables of the target.
     *
     * @throws StoreStartException when the source has no queues, a service uses it, or the target is not empty
     */
    void begin() throws SQLException {
        if (!from.has("queue_counter") || !from.has("partition_home")) {
            throw refused("has no tables of RowMQ", "Correct --from.");
        }
        from.migrate();
        source = from.connection();
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
    }

    /** No service may write to the source while it is read, and none may be in the middle of a change. */
    private void lock() throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.execute("set local lock_timeout = '5s'");
            for (MovedTable table : TABLES) {
                statement.execute("lock table " + table.name() + " in share mode");
            }
            ResultSet sessions = statement.executeQuery(
                    "select count(*) from pg_stat_activity where datname = current_database()"
                            + " and application_name = 'rowmq-listener ' || current_schema()");
            sessions.next();
            if (sessions.getInt(1) > 0) {
                throw refused("is used by a service", "Stop all instances of the service.");
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
     * Compares the numbers of rows, sets the sequences and declares the target complete.
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
            for (String table : List.of("queue", "subscription")) {
                statement.execute("alter table " + table + " alter column id restart with "
                        + (one(source, "select coalesce(max(id), 0) from " + table) + GAP));
            }
            statement.execute("drop table " + PROGRESS);
            to.sync();
        }
    }

    private static long count(Connection connection, String table) throws SQLException {
        return one(connection, "select count(*) from " + table);
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
