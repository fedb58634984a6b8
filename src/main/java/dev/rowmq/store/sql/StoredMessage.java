package dev.rowmq.store.sql;

import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;

/** A stored message that is to become a dead letter, or to go to another queue. */
public record StoredMessage(
        MessageKey key,
        Optional<String> id,
        short leaseState,
        int deliveries,
        short bodyKind,
        byte[] body,
        String metadata,
        OffsetDateTime enqueuedAt,
        OffsetDateTime firstReceivedAt,
        String lastError) {

    /** Reads a row with a column for each component but the key, and with {@code priority} and {@code position}. */
    public static StoredMessage read(int queueId, ResultSet row) throws SQLException {
        return new StoredMessage(
                new MessageKey(queueId, row.getInt("priority"), row.getLong("position")),
                Optional.ofNullable(row.getString("id")),
                row.getShort("lease_state"),
                row.getInt("deliveries"),
                row.getShort("body_kind"),
                row.getBytes("body"),
                row.getString("metadata"),
                row.getObject("enqueued_at", OffsetDateTime.class),
                row.getObject("first_received_at", OffsetDateTime.class),
                row.getString("last_error"));
    }

    /** The producer's id, or the generated one. */
    public String shownId() {
        return id.orElseGet(() -> GeneratedId.of(key));
    }
}
