package dev.rowmq.store.sql;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.DeadLetterTarget;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Turns messages into dead letters within the caller's transaction. A message moves from the table {@code message} to
 * the queue's own list of dead letters, or to the queue configured for dead letters if that queue still exists. H2 and
 * PostgreSQL use the same statements, as dead letters are rare.
 */
@Component
public class DeadLetterWriter {

    private static final String COLUMNS =
            "select priority, position, id, lease_state, deliveries, body_kind, body, metadata, enqueued_at, "
                    + "coalesce(first_received_at, leased_at) as first_received_at, last_error ";

    private static final String BY_KEY = """
        from message
        where queue_id = ? and priority = ? and position = ?
        for update
        """;

    private static final String INTO_OWN_LIST = """
        insert into dead_letter (queue_id, position, priority, id, id_given, reason, deliveries, body_kind, body,
            metadata,
            enqueued_at, first_received_at, last_error, dead_at)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, clock_timestamp())
        """;

    private static final String INTO_OTHER_QUEUE = """
        insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
            body_kind, body, metadata, enqueued_at, expires_at)
        values (?, ?, ?, clock_timestamp(), 0, 0, 0, ?,
            ?, ?, ?, clock_timestamp(), clock_timestamp() + cast(? as bigint) * interval '0.001' second)
        """;

    private static final String REMOVE = """
        delete from message
        where queue_id = ? and priority = ? and position = ?
        """;

    private final JdbcTemplate jdbc;
    private final MetadataJson metadata;
    private final ProcessedIds processedIds;
    private final GroupRows groups;

    DeadLetterWriter(JdbcTemplate jdbc, MetadataJson metadata, ProcessedIds processedIds, GroupRows groups) {
        this.jdbc = jdbc;
        this.metadata = metadata;
        this.processedIds = processedIds;
        this.groups = groups;
    }

    /**
     * Reads messages.
     *
     * @param from the part of the statement after the list of columns, with a locking clause where the database needs
     *     one
     */
    public List<StoredMessage> read(int queueId, String from, Object... parameters) {
        return jdbc.query(COLUMNS + from, (row, n) -> StoredMessage.read(queueId, row), parameters);
    }

    /**
     * Makes dead letters of the messages with these keys, which the caller has locked.
     *
     * @param error replaces the last error unless empty
     */
    void deadLetterByKey(
            List<MessageKey> keys,
            DeadLetter.Reason reason,
            Optional<String> error,
            DeadLetterTarget target,
            CounterDeltas deltas) {
        deadLetter(readByKey(keys), reason, error, target, deltas);
    }

    private List<StoredMessage> readByKey(List<MessageKey> keys) {
        List<StoredMessage> messages = new ArrayList<>();
        for (MessageKey key : new TreeSet<>(keys)) {
            messages.addAll(read(key.queueId(), BY_KEY, key.queueId(), key.priority(), key.position()));
        }
        return messages;
    }

    /**
     * Makes dead letters of these messages. No other transaction may change them at the same time: the caller has
     * locked them, or runs on H2, where changes are made one after the other.
     *
     * @param error replaces the last error unless empty
     */
    public void deadLetter(
            List<StoredMessage> dead, DeadLetter.Reason reason, Optional<String> error, DeadLetterTarget target,
            CounterDeltas deltas) {
        if (dead.isEmpty()) {
            return;
        }
        switch (target) {
            case DeadLetterTarget.OwnList own -> ownList(dead, reason, error, deltas);
            case DeadLetterTarget.OtherQueue other -> otherQueue(dead, reason, error, other, deltas);
        }
        remove(dead, deltas);
        for (StoredMessage message : dead) {
            deltas.add(message.key().queueId(), QueueCounter.DEAD_LETTERED, 1);
            deltas.add(message.key().queueId(), QueueCounter.EXPIRED, reason == DeadLetter.Reason.EXPIRED ? 1 : 0);
        }
    }

    /** Removes messages from the table {@code message}; no other transaction may change them at the same time. */
    public void remove(List<StoredMessage> messages, CounterDeltas deltas) {
        if (messages.isEmpty()) {
            return;
        }
        jdbc.batchUpdate(REMOVE, messages, messages.size(), (statement, message) -> {
            statement.setInt(1, message.key().queueId());
            statement.setInt(2, message.key().priority());
            statement.setLong(3, message.key().position());
        });
        for (StoredMessage message : messages) {
            deltas.add(
                    message.key().queueId(),
                    message.leaseState() > 0 ? QueueCounter.IN_FLIGHT : QueueCounter.READY,
                    -1);
        }
    }

    /**
     * Moves the messages with these keys, which the caller has locked, into another queue, without the metadata of a
     * dead letter. Their ids are in use there again.
     *
     * @return false when that queue does not exist; nothing was changed then
     */
    boolean move(List<MessageKey> keys, DeadLetterTarget.OtherQueue target, CounterDeltas deltas) {
        List<StoredMessage> messages = readByKey(keys);
        boolean copied = copy(messages, target, deltas);
        if (copied) {
            remove(messages, deltas);
        }
        return copied;
    }

    /**
     * Stores messages, which the caller removes from their queue in the same transaction, in another queue, without the
     * metadata of a dead letter. Their ids are in use there again.
     *
     * @return false when that queue does not exist; nothing was changed then
     */
    public boolean copy(List<StoredMessage> messages, DeadLetterTarget.OtherQueue target, CounterDeltas deltas) {
        if (!exists(target)) {
            return false;
        }
        if (!messages.isEmpty()) {
            Map<StoredMessage, MessageKey> newKeys = newKeys(messages, target);
            insertInto(
                    target, messages, newKeys, message -> DeadLetter.withoutOrigin(metadata.read(message.metadata())));
            arrive(messages, newKeys, target, deltas);
        }
        return true;
    }

    private boolean exists(DeadLetterTarget.OtherQueue target) {
        return !jdbc.queryForList(
                        "select id from queue where id = ? and deleted_at is null", Integer.class, target.queueId())
                .isEmpty();
    }

    private void ownList(
            List<StoredMessage> dead, DeadLetter.Reason reason, Optional<String> error, CounterDeltas deltas) {
        jdbc.batchUpdate(INTO_OWN_LIST, dead, Math.max(1, dead.size()), (statement, message) -> {
            statement.setInt(1, message.key().queueId());
            statement.setLong(2, message.key().position());
            statement.setInt(3, message.key().priority());
            statement.setString(4, message.shownId());
            statement.setBoolean(5, message.id().isPresent());
            statement.setInt(6, reason.ordinal());
            statement.setInt(7, message.deliveries());
            statement.setShort(8, message.bodyKind());
            statement.setBytes(9, message.body());
            statement.setString(10, message.metadata());
            statement.setObject(11, message.enqueuedAt());
            statement.setObject(12, message.firstReceivedAt());
            statement.setString(13, error.orElse(message.lastError()));
            deltas.add(message.key().queueId(), QueueCounter.DEAD, 1);
        });
    }

    private void otherQueue(
            List<StoredMessage> dead,
            DeadLetter.Reason reason,
            Optional<String> error,
            DeadLetterTarget.OtherQueue other,
            CounterDeltas deltas) {
        if (!exists(other)) {
            ownList(dead, reason, error, deltas);
            return;
        }
        Map<StoredMessage, MessageKey> keys = newKeys(dead, other);
        insertInto(other, dead, keys, message -> DeadLetter.withOrigin(
                metadata.read(message.metadata()),
                other.fromName(),
                reason,
                message.deliveries(),
                error.orElse(message.lastError())));
        arrive(dead, keys, other, deltas);
    }

    private Map<StoredMessage, MessageKey> newKeys(List<StoredMessage> messages, DeadLetterTarget.OtherQueue other) {
        Map<StoredMessage, GroupRows.GroupKey> inGroups = new LinkedHashMap<>();
        for (StoredMessage message : messages) {
            groups.group(other.queueId(), message.metadata()).ifPresent(group -> inGroups.put(message, group));
        }
        groups.lock(new TreeSet<>(inGroups.values()));
        Map<StoredMessage, MessageKey> keys = new LinkedHashMap<>();
        messages.forEach(message -> keys.put(message, new MessageKey(
                other.queueId(),
                other.settings().level(message.key().priority()),
                jdbc.queryForObject("select nextval('message_position')", Long.class))));
        groups.add(inGroups.entrySet().stream()
                .map(entry -> new GroupRows.Member(
                        entry.getValue(), keys.get(entry.getKey()).position()))
                .toList());
        return keys;
    }

    private static List<ProcessedIds.Remembered> remembered(
            List<StoredMessage> messages, Map<StoredMessage, MessageKey> keys) {
        return messages.stream()
                .map(message -> new ProcessedIds.Remembered(
                        message.shownId(),
                        keys.get(message),
                        new Body(Body.Kind.values()[message.bodyKind()], message.body()).hash()))
                // in the order in which sends lock ids
                .sorted(Comparator.comparing(ProcessedIds.Remembered::id))
                .toList();
    }

    /** Completes the arrival in the other queue: the ids are in use there, and no longer here. */
    private void arrive(
            List<StoredMessage> messages, Map<StoredMessage, MessageKey> keys, DeadLetterTarget.OtherQueue other,
            CounterDeltas deltas) {
        List<ProcessedIds.Remembered> remembered = remembered(messages, keys);
        processedIds.revive(remembered);
        processedIds.remember(remembered);
        processedIds.end(messages.stream()
                .filter(message -> message.id().isPresent())
                .map(message -> new ProcessedIds.Given(message.id().get(), message.key()))
                .toList());
        for (StoredMessage message : messages) {
            deltas.add(other.queueId(), QueueCounter.READY, 1)
                    .add(other.queueId(), QueueCounter.SENT, 1)
                    .add(other.queueId(), QueueCounter.SENT_BYTES, message.body().length);
        }
    }

    private void insertInto(
            DeadLetterTarget.OtherQueue other,
            List<StoredMessage> messages,
            Map<StoredMessage, MessageKey> keys,
            Function<StoredMessage, Map<String, String>> newMetadata) {
        jdbc.batchUpdate(INTO_OTHER_QUEUE, messages, messages.size(), (statement, message) -> {
            statement.setInt(1, other.queueId());
            statement.setInt(2, keys.get(message).priority());
            statement.setLong(3, keys.get(message).position());
            statement.setString(4, message.shownId());
            statement.setShort(5, message.bodyKind());
            statement.setBytes(6, message.body());
            statement.setString(7, metadata.write(newMetadata.apply(message)));
            statement.setLong(8, other.settings().retention().toMillis());
        });
    }
}
