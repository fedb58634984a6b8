package dev.rowmq.store.edit;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.task.TaskPlan.MessageState;
import dev.rowmq.store.BulkStore;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.edit.MessageEdit.Edited;
import dev.rowmq.store.group.LateReleases;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.DeadLetterWriter;
import dev.rowmq.store.sql.GroupRows;
import dev.rowmq.store.sql.QueueCounters;
import dev.rowmq.store.sql.StoredMessage;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Changes ready and delayed messages of the current partition, each set in one transaction. A row that another
 * transaction is changing is skipped, as if it did not exist. H2 and PostgreSQL use the same statements, as edits are
 * rare.
 */
@Component
public class MessageEditor {

    /** A message that is not in flight. The end of a lease that is over may not be counted yet. */
    private static final String READY = """
        select priority, position, id, lease_state, deliveries, body_kind, body, metadata, enqueued_at,
            coalesce(first_received_at, leased_at) as first_received_at, last_error
        from message
        where queue_id = ? and priority = ? and position = ? and visible_at <= clock_timestamp()
        """;

    private static final String DELAYED = """
        select priority, position, id, cast(0 as smallint) as lease_state, deliveries, body_kind, body, metadata,
            enqueued_at, first_received_at, last_error
        from delayed_message
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
    private final LateReleases lateReleases;
    private final DatabaseSupport database;

    MessageEditor(
            JdbcTemplate jdbc,
            Transactions transactions,
            QueueCounters counters,
            DeadLetterWriter writer,
            GroupRows groups,
            LateReleases lateReleases,
            DatabaseSupport database) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.counters = counters;
        this.writer = writer;
        this.groups = groups;
        this.lateReleases = lateReleases;
        this.database = database;
    }

    /**
     * Changes messages.
     *
     * @param keys  of one queue, each once
     * @param among the states in which messages are changed: ready, delayed, or both
     * @throws QueueException QUEUE_NOT_FOUND when the other queue of a move was deleted; nothing was changed then
     */
    public Edited edit(List<MessageKey> keys, Set<MessageState> among, MessageEdit edit) {
        Set<GroupRows.GroupKey> missed = new TreeSet<>();
        Edited edited = transactions.bulk(() -> {
            missed.clear();
            return change(keys, among, edit, missed);
        });
        lateReleases.release(missed);
        return edited;
    }

    /** The messages of one edit that were found, by the table that each is in. */
    private record EditedMessages(List<StoredMessage> ready, List<StoredMessage> delayed, List<MessageKey> rest) {

        List<StoredMessage> both() {
            List<StoredMessage> both = new ArrayList<>(ready);
            both.addAll(delayed);
            return both;
        }
    }

    private Edited change(
            List<MessageKey> keys, Set<MessageState> among, MessageEdit edit, Set<GroupRows.GroupKey> missed) {
        EditedMessages found = find(keys, among);
        CounterDeltas deltas = new CounterDeltas();
        SortedSet<GroupRows.GroupKey> waiting = new TreeSet<>();
        for (StoredMessage message : found.both()) {
            groups.group(message.key().queueId(), message.metadata()).ifPresent(waiting::add);
        }
        switch (edit) {
            case MessageEdit.MakeReady now -> makeReady(found.delayed(), deltas);
            case MessageEdit.MoveTo move -> {
                if (!writer.copy(found.both(), move.target(), deltas)) {
                    throw destinationDeleted();
                }
            }
            default -> delete(found.both(), deltas);
        }
        if (!(edit instanceof MessageEdit.MakeReady)) {
            writer.remove(found.ready(), deltas);
        }
        removeDelayed(found.delayed(), deltas);
        counters.add(deltas);
        // a claim looks at a group again only when the group's time has come
        missed.addAll(groups.release(waiting));
        return new Edited(found.both().stream().map(StoredMessage::key).toList(), found.rest());
    }

    static QueueException destinationDeleted() {
        return new QueueException(ErrorCode.QUEUE_NOT_FOUND, "destination", "the destination was deleted");
    }

    private EditedMessages find(List<MessageKey> keys, Set<MessageState> among) {
        EditedMessages found = new EditedMessages(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        long most = mostBytes(database);
        long bytes = 0;
        for (MessageKey key : keys) {
            if (bytes >= most) {
                found.rest().add(key);
                continue;
            }
            Optional<StoredMessage> ready = among.contains(MessageState.READY)
                    ? read(key, READY, key.queueId(), key.priority(), key.position())
                    : Optional.empty();
            Optional<StoredMessage> delayed = ready.isEmpty() && among.contains(MessageState.DELAYED)
                    ? read(key, DELAYED, key.queueId(), key.position())
                    : Optional.empty();
            ready.ifPresent(found.ready()::add);
            delayed.ifPresent(found.delayed()::add);
            bytes += ready.or(() -> delayed).map(message -> message.body().length).orElse(0);
        }
        return found;
    }

    /** Bytes of bodies after which a transaction takes no further message. */
    static long mostBytes(DatabaseSupport database) {
        return Math.min(BulkStore.BYTES, database.durability().maxRewriteBytes());
    }

    /** Locks the row where the database needs it. */
    private Optional<StoredMessage> read(MessageKey key, String sql, Object... parameters) {
        return jdbc
                .query(
                        sql + database.lockingClause(),
                        (row, n) -> StoredMessage.read(key.queueId(), row),
                        parameters)
                .stream()
                .findFirst();
    }

    private void makeReady(List<StoredMessage> delayed, CounterDeltas deltas) {
        byPosition(jdbc, MAKE_READY, delayed);
        delayed.forEach(message -> deltas.add(message.key().queueId(), QueueCounter.READY, 1));
    }

    private void removeDelayed(List<StoredMessage> delayed, CounterDeltas deltas) {
        byPosition(jdbc, "delete from delayed_message where queue_id = ? and position = ?", delayed);
        delayed.forEach(message -> deltas.add(message.key().queueId(), QueueCounter.DELAYED, -1));
    }

    static void byPosition(JdbcTemplate jdbc, String sql, List<StoredMessage> messages) {
        if (!messages.isEmpty()) {
            jdbc.batchUpdate(sql, messages, messages.size(), (statement, message) -> {
                statement.setInt(1, message.key().queueId());
                statement.setLong(2, message.key().position());
            });
        }
    }

    private void delete(List<StoredMessage> messages, CounterDeltas deltas) {
        List<StoredMessage> given = messages.stream().filter(message -> message.id().isPresent()).toList();
        if (!given.isEmpty()) {
            jdbc.batchUpdate(END_ID, given, given.size(), (statement, message) -> {
                statement.setInt(1, BulkStore.DELETED);
                statement.setInt(2, message.key().queueId());
                statement.setString(3, message.id().orElseThrow());
                statement.setLong(4, message.key().position());
            });
        }
        messages.forEach(message -> deltas.add(message.key().queueId(), QueueCounter.PURGED, 1));
    }
}
