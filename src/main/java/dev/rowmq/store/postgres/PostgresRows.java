package dev.rowmq.store.postgres;

import dev.rowmq.store.MessageRow;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.QueueCounters;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Messages as the array parameters of the insert statements. */
final class PostgresRows {

    private PostgresRows() {}

    static boolean plain(MessageRow row) {
        return row.recordedId().isEmpty() && row.delay().isZero() && row.deliverAt().isEmpty() && !row.ownLife();
    }

    static void setRows(
            PreparedStatement statement, List<MessageRow> rows, MetadataJson metadata, QueueCounters counters)
            throws SQLException {
        statement.setObject(1, rows.stream().mapToInt(MessageRow::queueId).toArray());
        statement.setObject(2, rows.stream().mapToInt(MessageRow::priority).toArray());
        statement.setObject(3, rows.stream().mapToInt(row -> row.body().kind().ordinal()).toArray());
        statement.setObject(4, rows.stream().map(row -> row.body().bytes()).toArray(byte[][]::new));
        statement.setObject(5, rows.stream().map(row -> metadata.write(row.metadata())).toArray(String[]::new));
        statement.setObject(6, rows.stream().mapToLong(row -> row.life().toMillis()).toArray());
        Map<Integer, Long> writers = new HashMap<>();
        statement.setObject(
                7,
                rows.stream()
                        .mapToLong(row -> writers.computeIfAbsent(row.queueId(), counters::writer))
                        .toArray());
    }

    static void setIdsAndTimes(PreparedStatement statement, List<MessageRow> rows) throws SQLException {
        statement.setObject(8, rows.stream().map(row -> row.id().orElse(null)).toArray(String[]::new));
        statement.setObject(9, rows.stream().map(MessageRow::bodyHash).toArray(byte[][]::new));
        statement.setObject(10, rows.stream().mapToLong(row -> row.delay().toMillis()).toArray());
        statement.setObject(
                11,
                rows.stream()
                        .map(row -> row.deliverAt().map(PostgresRows::ceilingMillis).orElse(null))
                        .toArray(Long[]::new));
        statement.setObject(12, rows.stream().map(MessageRow::ownLife).toArray(Boolean[]::new));
        statement.setObject(13, rows.stream().map(row -> row.recordedId().orElse(null)).toArray(String[]::new));
    }

    /** Rounds up to a whole millisecond, so that no message is visible early. */
    private static long ceilingMillis(Instant at) {
        return at.toEpochMilli() + (at.getNano() % 1_000_000 == 0 ? 0 : 1);
    }

    static Object[] concat(Object[] one, Object[] other) {
        return Stream.of(one, other).flatMap(Arrays::stream).toArray();
    }
}
