package dev.rowmq.store.edit;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.BulkStore;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.DeadLetterWriter;
import dev.rowmq.store.sql.DeadMessage;
import dev.rowmq.store.sql.GroupRows;
import dev.rowmq.store.sql.QueueCounters;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Changes messages of the current partition by their ids, each set in one transaction. A row that another transaction
 * is changing is taken for one that is not there. H2 and PostgreSQL use the same statements, as edits are rare.
 */
@Component
public class MessageEditor {

    /** A message that is not in flight; the end of a lease that is over may not be counted yet. */
    private static final String MESSAGE = """
        select priority, position, id, lease_state, deliveries, body_kind, body, metadata, enqueued_at,
            coalesce(first_received_at, leased_at) as first_received_at, last_error
        from message
        where queue_id = ? and priority = ? and position = ?
            and (lease_state <= 0 or visible_at <= clock_timestamp())
        """;

    private static final String DELAYED = """
        select priority, position, id, cast(0 as smallint) as lease_state, deliveries, body_kind, body, metadata,
            enqueued_at, first_received_at, last_error
        from delayed_message
        where queue_id = ? and position = ?
        """;

    private static final String DEAD_LETTER = """
        select priority, position, case when id_given then id end as id, cast(0 as smallint) as lease_state,
            deliveries, body_kind, body, metadata, enqueued_at, first_received_at, last_error
        from dead_letter
        where queue_id = ? and position = ?
        """;

    private static final String MAKE_READY = """
        insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
            body_kind, body, metadata, enqueued_at, expires_at, first_received_at, last_error)
        select queue_id, priority, position, clock_timestamp(), 0, 0, deliveries, id,
            body_kind, body, metadata, enqueued_at, expires_at, first_received_at, last_error
        from delayed_message
        where queue_id = ? and position = ?
        """;

    private static final String END_ID = """
        update processed_id p
        set forget_at = clock_timestamp()
                + (select processed_retention_ms from queue q where q.id = p.queue_id) * interval '0.001' second,
            ended = ?
        where queue_id = ? and id = ? and position = ?
        """;

    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    private final QueueCounters counters;
    private final DeadLetterWriter writer;
    private final GroupRows groups;
    private final BulkStore bulk;
    private final DatabaseSupport database;

    MessageEditor(
            JdbcTemplate jdbc,
            Transactions transactions,
            QueueCounters counters,
            DeadLetterWriter writer,
            GroupRows groups,
            BulkStore bulk,
            DatabaseSupport database) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.counters = counters;
        this.writer = writer;
        this.groups = groups;
        this.bulk = bulk;
        this.database = database;
    }

    /**
     * The result of an edit.
     *
     * @param done ids of the messages that were changed
     * @param rest ids that were not looked at, as the bodies of the others fill a transaction
     */
    public record Edited(List<String> done, List<String> rest) {}

    /**
     * Changes the messages with these ids that are in the current partition.
     *
     * @param ids 1 to 1000
     * @throws QueueException QUEUE_NOT_FOUND when the other queue of a move was deleted; nothing was changed then
     */
    public Edited edit(int queueId, List<String> ids, MessageEdit edit) {
        return transactions.bulk(() -> {
            CounterDeltas deltas = new CounterDeltas();
            Edited edited = switch (edit) {
                case MessageEdit.DeleteDeadLetters all -> deleteDeadLetters(queueId, ids, deltas);
                case MessageEdit.MoveDeadLetters move -> moveDeadLetters(queueId, ids, move.target(), deltas);
                case MessageEdit.DeleteMessages all -> changeLive(queueId, ids, edit, deltas);
                case MessageEdit.MakeReady all -> changeLive(queueId, ids, edit, deltas);
                case MessageEdit.MoveTo all -> changeLive(queueId, ids, edit, deltas);
            };
            counters.add(deltas);
            return edited;
        });
    }

    /** The messages of one edit that were found, by the table that each is in. */
    private record EditedMessages(List<DeadMessage> ready, List<DeadMessage> delayed, List<String> rest) {

        List<DeadMessage> all() {
            List<DeadMessage> all = new ArrayList<>(ready);
            all.addAll(delayed);
            return all;
        }
    }

    private Edited changeLive(int queueId, List<String> ids, MessageEdit edit, CounterDeltas deltas) {
        EditedMessages found = find(queueId, ids, !(edit instanceof MessageEdit.MakeReady));
        SortedSet<GroupRows.GroupKey> waiting = new TreeSet<>();
        found.all().forEach(message -> groups.group(queueId, message.metadata()).ifPresent(waiting::add));
        switch (edit) {
            case MessageEdit.MakeReady all -> makeReady(found.delayed(), deltas);
            case MessageEdit.MoveTo move -> moveInto(found.all(), move.target(), deltas);
            default -> endIds(found.all());
        }
        writer.remove(found.ready(), deltas);
        removeDelayed(found.delayed(), deltas);
        if (edit instanceof MessageEdit.DeleteMessages) {
            deltas.add(queueId, QueueCounter.PURGED, found.all().size());
        }
        // a claim looks at a group again only when the group's time has come
        groups.release(waiting);
        return new Edited(found.all().stream().map(DeadMessage::shownId).toList(), found.rest());
    }

    private EditedMessages find(int queueId, List<String> ids, boolean readyToo) {
        EditedMessages found = new EditedMessages(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        long bytes = 0;
        for (String id : ids) {
            if (bytes >= most()) {
                found.rest().add(id);
                continue;
            }
            Optional<MessageKey> key = key(queueId, id);
            Optional<DeadMessage> ready = key.filter(any -> readyToo)
                    .flatMap(at -> read(queueId, id, MESSAGE, queueId, at.priority(), at.position()));
            Optional<DeadMessage> delayed = ready.isPresent()
                    ? Optional.empty()
                    : key.flatMap(at -> read(queueId, id, DELAYED, queueId, at.position()));
            ready.ifPresent(found.ready()::add);
            delayed.ifPresent(found.delayed()::add);
            bytes += ready.or(() -> delayed).map(message -> message.body().length).orElse(0);
        }
        return found;
    }

    private long most() {
        return Math.min(BulkStore.BYTES, database.durability().maxRewriteBytes());
    }

    private Optional<MessageKey> key(int queueId, String id) {
        return GeneratedId.key(id).filter(key -> key.queueId() == queueId).or(() -> jdbc
                .query(
                        "select priority, position from processed_id where queue_id = ? and id = ?",
                        (row, n) -> new MessageKey(queueId, row.getInt(1), row.getLong(2)),
                        queueId,
                        id)
                .stream()
                .findFirst());
    }

    /** Locks a row where the database needs it; another message at this place is none. */
    private Optional<DeadMessage> read(int queueId, String id, String sql, Object... parameters) {
        return jdbc
                .query(sql + database.lockingClause(), (row, n) -> DeadMessage.read(queueId, row), parameters)
                .stream()
                .filter(message -> message.shownId().equals(id))
                .findFirst();
    }

    private void makeReady(List<DeadMessage> delayed, CounterDeltas deltas) {
        byPosition(MAKE_READY, delayed);
        delayed.forEach(message -> deltas.add(message.key().queueId(), QueueCounter.READY, 1));
    }

    private void removeDelayed(List<DeadMessage> delayed, CounterDeltas deltas) {
        byPosition("delete from delayed_message where queue_id = ? and position = ?", delayed);
        delayed.forEach(message -> deltas.add(message.key().queueId(), QueueCounter.DELAYED, -1));
    }

    private void byPosition(String sql, List<DeadMessage> messages) {
        if (!messages.isEmpty()) {
            jdbc.batchUpdate(sql, messages, messages.size(), (statement, message) -> {
                statement.setInt(1, message.key().queueId());
                statement.setLong(2, message.key().position());
            });
        }
    }

    private void endIds(List<DeadMessage> messages) {
        List<DeadMessage> given = messages.stream().filter(message -> message.id().isPresent()).toList();
        if (!given.isEmpty()) {
            jdbc.batchUpdate(END_ID, given, given.size(), (statement, message) -> {
                statement.setInt(1, BulkStore.DELETED);
                statement.setInt(2, message.key().queueId());
                statement.setString(3, message.id().orElseThrow());
                statement.setLong(4, message.key().position());
            });
        }
    }

    private void moveInto(List<DeadMessage> messages, DeadLetterTarget.OtherQueue target, CounterDeltas deltas) {
        if (!writer.copy(messages, target, deltas)) {
            throw new QueueException(ErrorCode.QUEUE_NOT_FOUND, "destination", "the destination was deleted");
        }
    }

    private Edited deleteDeadLetters(int queueId, List<String> ids, CounterDeltas deltas) {
        Map<String, Long> positions = bulk.deadLetterPositions(queueId, ids);
        if (!positions.isEmpty()) {
            int deleted = bulk.delete(queueId, List.copyOf(positions.values())).messages();
            deltas.add(queueId, QueueCounter.DEAD, -deleted);
        }
        return new Edited(List.copyOf(positions.keySet()), List.of());
    }

    private Edited moveDeadLetters(
            int queueId, List<String> ids, DeadLetterTarget.OtherQueue target, CounterDeltas deltas) {
        List<DeadMessage> letters = new ArrayList<>();
        List<String> rest = new ArrayList<>();
        long bytes = 0;
        for (Map.Entry<String, Long> letter : bulk.deadLetterPositions(queueId, ids).entrySet()) {
            if (bytes >= most()) {
                rest.add(letter.getKey());
                continue;
            }
            Optional<DeadMessage> read = read(queueId, letter.getKey(), DEAD_LETTER, queueId, letter.getValue());
            read.ifPresent(letters::add);
            bytes += read.map(message -> message.body().length).orElse(0);
        }
        moveInto(letters, target, deltas);
        byPosition("delete from dead_letter where queue_id = ? and position = ?", letters);
        deltas.add(queueId, QueueCounter.DEAD, -letters.size());
        return new Edited(letters.stream().map(DeadMessage::shownId).toList(), rest);
    }
}
