package dev.rowmq.store.move;

import dev.rowmq.store.move.DatabaseMove.MovedTable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import tools.jackson.databind.json.JsonMapper;

/**
 * Copies one table in sets, in the order of its primary key. Each set and the key of its last row are one transaction
 * of the target, so that a copy that was interrupted continues after that row.
 */
final class TableCopy {

    private static final int MAX_ROWS = 5000;
    private static final long MAX_BYTES = 8L * 1024 * 1024;
    private static final long MAX_FETCHED_BYTES = 64L * 1024 * 1024;
    private static final long ROW_BYTES = 1024;
    /** A body is in memory as hexadecimal text, which the driver receives, and decoded. */
    private static final int COPIES = 3;
    private static final String MESSAGE = "octet_length(body) + coalesce(octet_length(metadata), 0)";
    private static final Map<String, String> LARGE_COLUMNS = Map.of(
            "message", MESSAGE,
            "delayed_message", MESSAGE,
            "dead_letter", MESSAGE,
            "topic", "octet_length(bindings)");
    private static final JsonMapper JSON = new JsonMapper();

    private final Connection source;
    private final Connection target;
    private final MovedTable table;
    private final MoveProgress progress;

    TableCopy(Connection source, Connection target, MovedTable table, MoveProgress progress) {
        this.source = source;
        this.target = target;
        this.table = table;
        this.progress = progress;
    }

    /** @param total number of rows in the source */
    void run(long total) throws SQLException {
        List<Object> last = lastKey();
        long copied = last.isEmpty() ? 0 : copied();
        progress.begin(table.name(), copied, total);
        String keys = String.join(", ", table.key());
        String after = last.isEmpty()
                ? ""
                : " where (%s) > (%s)".formatted(keys, marks(table.key().size()));
        try (PreparedStatement select =
                source.prepareStatement("select * from " + table.name() + after + " order by " + keys)) {
            select.setFetchSize(fetchSize());
            for (int i = 0; i < last.size(); i++) {
                select.setObject(i + 1, last.get(i));
            }
            try (ResultSet rows = select.executeQuery()) {
                copy(rows, copied);
            }
        }
        progress.end();
    }

    /**
     * The number of rows that the driver of PostgreSQL reads at once: as many as fit into {@link #MAX_FETCHED_BYTES} if
     * all were as large as the largest. H2 reads them one by one.
     */
    private int fetchSize() throws SQLException {
        String size = LARGE_COLUMNS.get(table.name());
        if (size == null || !source.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
            return MAX_ROWS;
        }
        // of the large values only the sizes are read
        try (Statement statement = source.createStatement();
                ResultSet row = statement.executeQuery("select max(" + size + ") from " + table.name())) {
            row.next();
            return Math.clamp(MAX_FETCHED_BYTES / (ROW_BYTES + COPIES * row.getLong(1)), 1, MAX_ROWS);
        }
    }

    private void copy(ResultSet rows, long before) throws SQLException {
        ResultSetMetaData meta = rows.getMetaData();
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            columns.add(meta.getColumnName(i).toLowerCase(Locale.ROOT));
        }
        String insert = "insert into %s (%s) values (%s)"
                .formatted(table.name(), String.join(", ", columns), marks(columns.size()));
        long copied = before;
        try (PreparedStatement into = target.prepareStatement(insert)) {
            boolean more = rows.next();
            while (more) {
                List<Object> key = List.of();
                int count = 0;
                for (long bytes = 0; more && count < MAX_ROWS && bytes < MAX_BYTES; count++) {
                    List<Object> values = values(rows, meta);
                    for (int i = 0; i < values.size(); i++) {
                        into.setObject(i + 1, values.get(i));
                        bytes += values.get(i) instanceof byte[] some ? some.length : 50;
                    }
                    into.addBatch();
                    key = table.key().stream().map(column -> values.get(columns.indexOf(column))).toList();
                    more = rows.next();
                }
                into.executeBatch();
                copied += count;
                note(key, copied);
                target.commit();
                progress.copied(copied);
            }
        }
    }

    private static List<Object> values(ResultSet row, ResultSetMetaData meta) throws SQLException {
        List<Object> values = new ArrayList<>(meta.getColumnCount());
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            String type = meta.getColumnTypeName(i).toLowerCase(Locale.ROOT);
            values.add(
                    type.equals("timestamptz") || meta.getColumnType(i) == Types.TIMESTAMP_WITH_TIMEZONE
                            ? row.getObject(i, OffsetDateTime.class)
                            : type.equals("bytea") || type.contains("binary")
                                    ? row.getBytes(i)
                                    : type.contains("char") || type.equals("text") ? row.getString(i)
                                            : row.getObject(i));
        }
        return values;
    }

    private static String marks(int count) {
        return Collections.nCopies(count, "?").stream().collect(Collectors.joining(", "));
    }

    private void note(List<Object> key, long copied) throws SQLException {
        String text = JSON.writeValueAsString(key.stream().map(TableCopy::written).toList());
        try (PreparedStatement update = target.prepareStatement(
                "update " + DatabaseMove.PROGRESS + " set last_key = ?, copied = ? where table_name = ?")) {
            update.setString(1, text);
            update.setLong(2, copied);
            update.setString(3, table.name());
            if (update.executeUpdate() > 0) {
                return;
            }
        }
        try (PreparedStatement insert = target.prepareStatement(
                "insert into " + DatabaseMove.PROGRESS + " (last_key, copied, table_name) values (?, ?, ?)")) {
            insert.setString(1, text);
            insert.setLong(2, copied);
            insert.setString(3, table.name());
            insert.executeUpdate();
        }
    }

    /** A value of a key with its kind: n = number, t = time, s = text. */
    private static String written(Object value) {
        return (value instanceof Number ? "n" : value instanceof OffsetDateTime ? "t" : "s") + value;
    }

    private static Object read(String text) {
        String value = text.substring(1);
        return switch (text.charAt(0)) {
            case 'n' -> Long.valueOf(value);
            case 't' -> OffsetDateTime.parse(value);
            default -> value;
        };
    }

    private List<Object> lastKey() throws SQLException {
        try (PreparedStatement select = target.prepareStatement(
                "select last_key from " + DatabaseMove.PROGRESS + " where table_name = ?")) {
            select.setString(1, table.name());
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return List.of();
                }
                List<Object> key = new ArrayList<>();
                JSON.readTree(row.getString(1)).forEach(part -> key.add(read(part.asString())));
                return key;
            }
        }
    }

    private long copied() throws SQLException {
        try (PreparedStatement select = target.prepareStatement(
                "select copied from " + DatabaseMove.PROGRESS + " where table_name = ?")) {
            select.setString(1, table.name());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
