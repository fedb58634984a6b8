package dev.rowmq.store.h2;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.ParameterizedPreparedStatementSetter;

/** Times, keys and batches as the statements of H2 take them. */
final class H2Rows {

    private H2Rows() {}

    /** A message to insert, with its place in the request. */
    record StoredRow(int index, MessageRow row, SendOutcome.Accepted stored) {}

    /** The time of the database, in microseconds as it is stored. */
    static Instant now(JdbcTemplate jdbc) {
        return jdbc.queryForObject("select clock_timestamp()", (row, n) -> JdbcMessageStore.instant(row, 1))
                .truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * The parameter for a time. Not a {@code Timestamp}: it is converted through the time zone of the machine, where an
     * hour of each autumn is lost.
     */
    static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    static <T> void batch(
            JdbcTemplate jdbc, String sql, List<T> rows, ParameterizedPreparedStatementSetter<T> setter) {
        if (!rows.isEmpty()) {
            jdbc.batchUpdate(sql, rows, rows.size(), setter);
        }
    }

    /** Sets the three parameters of a key and returns the number of the next parameter. */
    static int setKey(PreparedStatement statement, int from, MessageKey key) throws SQLException {
        statement.setInt(from, key.queueId());
        statement.setInt(from + 1, key.priority());
        statement.setLong(from + 2, key.position());
        return from + 3;
    }

    static void setRemembered(PreparedStatement statement, StoredRow accepted) throws SQLException {
        MessageKey key = accepted.stored().key();
        statement.setInt(1, key.queueId());
        statement.setString(2, accepted.row().recordedId().orElseThrow());
        statement.setInt(3, key.priority());
        statement.setLong(4, key.position());
        statement.setBytes(5, accepted.row().bodyHash());
        statement.setObject(6, utc(accepted.stored().enqueuedAt()));
        statement.setObject(7, utc(accepted.stored().visibleAt()));
        boolean own = accepted.row().id().isPresent();
        statement.setObject(
                8, own ? null : utc(accepted.stored().enqueuedAt().plus(FifoRules.DEDUPLICATION_WINDOW)));
    }

    static void setRow(PreparedStatement statement, StoredRow accepted, MetadataJson metadata) throws SQLException {
        MessageRow row = accepted.row();
        int next = setKey(statement, 1, accepted.stored().key());
        statement.setObject(next++, utc(accepted.stored().visibleAt()));
        statement.setString(next++, row.id().orElse(null));
        statement.setInt(next++, row.body().kind().ordinal());
        statement.setBytes(next++, row.body().bytes());
        statement.setString(next++, metadata.write(row.metadata()));
        statement.setObject(next++, utc(accepted.stored().enqueuedAt()));
        statement.setObject(next, utc(accepted.stored().visibleAt().plus(row.life())));
    }

    static void setExpiry(PreparedStatement statement, StoredRow accepted) throws SQLException {
        statement.setObject(1, utc(accepted.stored().visibleAt().plus(accepted.row().life())));
        setKey(statement, 2, accepted.stored().key());
    }
}
