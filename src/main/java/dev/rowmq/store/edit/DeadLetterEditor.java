package dev.rowmq.store.edit;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.BulkStore;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.edit.MessageEdit.Edited;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.DeadLetterWriter;
import dev.rowmq.store.sql.GroupRedrive;
import dev.rowmq.store.sql.QueueCounters;
import dev.rowmq.store.sql.StoredMessage;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** As {@link MessageEditor}, for dead letters of a queue's own list. */
@Component
public class DeadLetterEditor {

    private static final String DEAD_LETTER = """
        select priority, position, case when id_given then id end as id, cast(0 as smallint) as lease_state,
            deliveries, body_kind, body, metadata, enqueued_at, first_received_at, last_error
        from dead_letter
        where queue_id = ? and position = ?
        """;

    private static final String SIZE = """
        select octet_length(body)
        from dead_letter
        where queue_id = ? and position = ? and dead_at <= ?
        """;

    private static final String DELETE = "delete from dead_letter where queue_id = ? and position = ?";

    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    private final QueueCounters counters;
    private final DeadLetterWriter writer;
    private final BulkStore bulk;
    private final GroupRedrive groups;
    private final DatabaseSupport database;

    DeadLetterEditor(
            JdbcTemplate jdbc,
            Transactions transactions,
            QueueCounters counters,
            DeadLetterWriter writer,
            BulkStore bulk,
            GroupRedrive groups,
            DatabaseSupport database) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.counters = counters;
        this.writer = writer;
        this.bulk = bulk;
        this.groups = groups;
        this.database = database;
    }

    /**
     * Changes dead letters.
     *
     * @param keys   each once
     * @param before dead letters since this time are left alone
     * @throws dev.rowmq.model.error.QueueException QUEUE_NOT_FOUND when the other queue of a move was deleted; nothing
     *     was changed then
     */
    public Edited edit(Queue queue, List<MessageKey> keys, Instant before, MessageEdit edit) {
        return transactions.bulk(() -> {
            List<MessageKey> found = new ArrayList<>();
            List<MessageKey> rest = new ArrayList<>();
            long most = MessageEditor.mostBytes(database);
            long bytes = 0;
            for (MessageKey key : keys) {
                if (bytes >= most) {
                    rest.add(key);
                    continue;
                }
                for (long size : sizes(key, before)) {
                    found.add(key);
                    bytes += size;
                }
            }
            CounterDeltas deltas = new CounterDeltas();
            List<MessageKey> done = found.isEmpty() ? List.of() : change(queue, found, edit, deltas);
            counters.add(deltas.add(queue.id(), QueueCounter.DEAD, -done.size()));
            return new Edited(done, rest);
        });
    }

    /** The size of one dead letter, which is locked; empty when it does not exist or is too young. */
    private List<Long> sizes(MessageKey key, Instant before) {
        return jdbc.queryForList(
                SIZE + database.lockingClause(),
                Long.class,
                key.queueId(),
                key.position(),
                OffsetDateTime.ofInstant(before, ZoneOffset.UTC));
    }

    private List<MessageKey> change(Queue queue, List<MessageKey> keys, MessageEdit edit, CounterDeltas deltas) {
        List<Long> positions = keys.stream().map(MessageKey::position).toList();
        if (edit instanceof MessageEdit.MoveTo move) {
            List<StoredMessage> letters = keys.stream()
                    .flatMap(key -> jdbc
                            .query(DEAD_LETTER, (row, n) -> StoredMessage.read(key.queueId(), row), key.queueId(),
                                    key.position())
                            .stream())
                    .toList();
            if (!writer.copy(letters, move.target(), deltas)) {
                throw MessageEditor.destinationDeleted();
            }
            MessageEditor.byPosition(jdbc, DELETE, letters);
        } else if (edit instanceof MessageEdit.PutBack) {
            groups.prepare(queue.id(), positions);
            bulk.redrive(queue.id(), positions, queue.settings().retention());
            deltas.add(queue.id(), QueueCounter.READY, keys.size());
        } else {
            bulk.delete(queue.id(), positions);
        }
        return keys;
    }

    /** What became of a dead letter that was put back into its queue. */
    public enum PutBackState {
        /** It is ready, delayed or in flight. */
        WAITING,
        /** It was acked, deleted, or has expired. */
        SETTLED,
        DEAD_AGAIN
    }

    /** The state of a dead letter that was put back, and had this key before and has it now. */
    public PutBackState stateOf(MessageKey key) {
        return SqlErrorTranslator.translating(() -> {
            if (exists("dead_letter where queue_id = ? and position = ?", key.queueId(), key.position())) {
                return PutBackState.DEAD_AGAIN;
            }
            boolean waits = exists("message where queue_id = ? and priority = ? and position = ?", key.queueId(),
                            key.priority(), key.position())
                    || exists("delayed_message where queue_id = ? and position = ?", key.queueId(), key.position());
            return waits ? PutBackState.WAITING : PutBackState.SETTLED;
        });
    }

    private boolean exists(String where, Object... parameters) {
        return !jdbc.queryForList("select 1 from " + where, Integer.class, parameters).isEmpty();
    }
}
