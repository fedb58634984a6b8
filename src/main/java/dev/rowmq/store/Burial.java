package dev.rowmq.store;

import dev.rowmq.message.Body;
import dev.rowmq.message.DeadLetter;
import dev.rowmq.message.Figure;
import dev.rowmq.message.GeneratedId;
import dev.rowmq.message.MessageKey;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Makes dead letters of messages, within the caller's transaction: off the hot table and into the queue's own list, or
 * into the queue that takes them, if it is still there. The same statements on both databases, as dead letters are rare.
 */
@Component
class Burial {

    private static final String READ =
            """
            select id, lease_state, deliveries, body_kind, body, metadata, enqueued_at, first_received_at, last_error
            from message
            where queue_id = ? and priority = ? and position = ?
            for update
            """;

    private static final String INTO_OWN_LIST =
            """
            insert into dead_letter (queue_id, position, priority, id, id_given, reason, deliveries, body_kind, body, metadata,
                enqueued_at, first_received_at, last_error, dead_at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, clock_timestamp())
            """;

    private static final String INTO_OTHER_QUEUE =
            """
            insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
                body_kind, body, metadata, enqueued_at, expires_at)
            select id, ?, ?, clock_timestamp(), 0, 0, 0, ?,
                ?, ?, ?, clock_timestamp(), clock_timestamp() + cast(? as bigint) * interval '0.001' second
            from queue
            where id = ? and deleted_at is null
            """;

    private static final String REMOVE =
            """
            delete from message
            where queue_id = ? and priority = ? and position = ?
            """;

    private final JdbcTemplate jdbc;
    private final MetadataText metadata;
    private final ProcessedIds processedIds;

    Burial(JdbcTemplate jdbc, MetadataText metadata, ProcessedIds processedIds) {
        this.jdbc = jdbc;
        this.metadata = metadata;
        this.processedIds = processedIds;
    }

    private record Corpse(
            MessageKey key,
            Optional<String> id,
            short leaseState,
            int deliveries,
            short bodyKind,
            byte[] body,
            String metadata,
            Object enqueuedAt,
            Object firstReceivedAt,
            String lastError) {

        String shownId() {
            return id.orElseGet(() -> GeneratedId.of(key));
        }
    }

    /** Buries the messages, which the caller has locked. @param error replaces the last error unless empty */
    void bury(
            List<MessageKey> keys, DeadLetter.Reason reason, Optional<String> error, MessageStore.Grave grave, Tally tally) {
        List<Corpse> corpses = new ArrayList<>();
        for (MessageKey key : new TreeSet<>(keys)) {
            jdbc.query(
                    READ,
                    row -> {
                        corpses.add(read(key, row));
                    },
                    key.queueId(),
                    key.priority(),
                    key.position());
        }
        switch (grave) {
            case MessageStore.Grave.OwnList own -> ownList(corpses, reason, error, tally);
            case MessageStore.Grave.OtherQueue other -> otherQueue(corpses, reason, error, other, tally);
        }
        jdbc.batchUpdate(REMOVE, corpses, Math.max(1, corpses.size()), (statement, corpse) -> {
            statement.setInt(1, corpse.key().queueId());
            statement.setInt(2, corpse.key().priority());
            statement.setLong(3, corpse.key().position());
        });
        for (Corpse corpse : corpses) {
            tally.add(corpse.key().queueId(), corpse.leaseState() > 0 ? Figure.IN_FLIGHT : Figure.READY, -1);
            tally.add(corpse.key().queueId(), Figure.DEAD_LETTERED, 1);
            tally.add(corpse.key().queueId(), Figure.EXPIRED, reason == DeadLetter.Reason.EXPIRED ? 1 : 0);
        }
    }

    private static Corpse read(MessageKey key, ResultSet row) throws SQLException {
        return new Corpse(
                key,
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

    private void ownList(List<Corpse> corpses, DeadLetter.Reason reason, Optional<String> error, Tally tally) {
        jdbc.batchUpdate(INTO_OWN_LIST, corpses, Math.max(1, corpses.size()), (statement, corpse) -> {
            statement.setInt(1, corpse.key().queueId());
            statement.setLong(2, corpse.key().position());
            statement.setInt(3, corpse.key().priority());
            statement.setString(4, corpse.shownId());
            statement.setBoolean(5, corpse.id().isPresent());
            statement.setInt(6, reason.ordinal());
            statement.setInt(7, corpse.deliveries());
            statement.setShort(8, corpse.bodyKind());
            statement.setBytes(9, corpse.body());
            statement.setString(10, corpse.metadata());
            statement.setObject(11, corpse.enqueuedAt());
            statement.setObject(12, corpse.firstReceivedAt());
            statement.setString(13, error.orElse(corpse.lastError()));
            tally.add(corpse.key().queueId(), Figure.DEAD, 1);
        });
    }

    private void otherQueue(
            List<Corpse> corpses,
            DeadLetter.Reason reason,
            Optional<String> error,
            MessageStore.Grave.OtherQueue other,
            Tally tally) {
        for (Corpse corpse : corpses) {
            Map<String, String> told = DeadLetter.told(
                    metadata.read(corpse.metadata()),
                    other.fromName(),
                    reason,
                    corpse.deliveries(),
                    error.orElse(corpse.lastError()));
            MessageKey key = new MessageKey(
                    other.queueId(),
                    other.settings().level(corpse.key().priority()),
                    jdbc.queryForObject("select nextval('message_position')", Long.class));
            int taken = jdbc.update(
                    INTO_OTHER_QUEUE,
                    key.priority(),
                    key.position(),
                    corpse.shownId(),
                    corpse.bodyKind(),
                    corpse.body(),
                    metadata.write(told),
                    other.settings().retention().toMillis(),
                    key.queueId());
            if (taken == 0) {
                ownList(List.of(corpse), reason, error, tally);
                continue;
            }
            Body body = new Body(Body.Kind.values()[corpse.bodyKind()], corpse.body());
            processedIds.remember(new ProcessedIds.Given(corpse.shownId(), key), body.hash());
            corpse.id().ifPresent(id -> processedIds.release(List.of(new ProcessedIds.Given(id, corpse.key()))));
            tally.add(other.queueId(), Figure.READY, 1)
                    .add(other.queueId(), Figure.SENT, 1)
                    .add(other.queueId(), Figure.SENT_BYTES, corpse.body().length);
        }
    }
}
