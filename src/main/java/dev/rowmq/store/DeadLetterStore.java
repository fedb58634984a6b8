package dev.rowmq.store;

import dev.rowmq.message.DeadLetter;
import dev.rowmq.message.Figure;
import dev.rowmq.message.MessageKey;
import dev.rowmq.message.Page;
import dev.rowmq.message.Queue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.springframework.data.domain.Limit;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** A queue's own list of dead letters. Each method is part of the caller's transaction. */
@Component
public class DeadLetterStore {

    private static final String BACK =
            """
            insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
                body_kind, body, metadata, enqueued_at, expires_at)
            select queue_id, priority, position, clock_timestamp(), 0, 0, 0, case when id_given then id end,
                body_kind, body, metadata, enqueued_at, clock_timestamp() + cast(? as bigint) * interval '0.001' second
            from dead_letter
            where queue_id = ? and position = ?
            """;

    private static final String REMOVE =
            """
            delete from dead_letter
            where queue_id = ? and position = ?
            """;

    private final DeadLetterRepository letters;
    private final QueueRepository queues;
    private final ProcessedIds processedIds;
    private final Counters counters;
    private final MetadataText metadata;
    private final JdbcTemplate jdbc;

    DeadLetterStore(
            DeadLetterRepository letters,
            QueueRepository queues,
            ProcessedIds processedIds,
            Counters counters,
            MetadataText metadata,
            JdbcTemplate jdbc) {
        this.letters = letters;
        this.queues = queues;
        this.processedIds = processedIds;
        this.counters = counters;
        this.metadata = metadata;
        this.jdbc = jdbc;
    }

    /** In the order in which the messages were sent. */
    public Page<DeadLetter> page(int queueId, int limit, Optional<String> cursor) {
        return Shelf.cut(
                letters.page(queueId, cursor.map(Long::parseLong).orElse(0L), Limit.of(limit + 1)),
                limit,
                row -> Long.toString(row.key().position()),
                row -> row.deadLetter(metadata));
    }

    public Optional<DeadLetter> find(int queueId, String id) {
        return letters.findById(queueId, id, Limit.of(1)).stream()
                .findFirst()
                .map(row -> row.deadLetter(metadata));
    }

    /** Makes messages of those with these ids, to be delivered as if never before. Returns the ids found. */
    public List<String> redrive(Queue queue, List<String> ids) {
        return redriveAll(queue, letters.lock(queue.id(), ids));
    }

    /** As {@link #redrive}, of the first so many. */
    public List<String> redriveFirst(Queue queue, int most) {
        return redriveAll(queue, letters.lockFirst(queue.id(), Limit.of(most)));
    }

    private List<String> redriveAll(Queue queue, List<DeadLetterEntity> rows) {
        long retention = queue.settings().retention().toMillis();
        if (!rows.isEmpty()) {
            jdbc.batchUpdate(BACK, rows, rows.size(), (statement, row) -> {
                statement.setLong(1, retention);
                statement.setInt(2, queue.id());
                statement.setLong(3, row.key().position());
            });
        }
        remove(rows);
        counters.add(new Tally()
                .add(queue.id(), Figure.DEAD, -rows.size())
                .add(queue.id(), Figure.READY, rows.size()));
        return rows.stream().map(row -> row.id).toList();
    }

    /** Removes the one with this id. */
    public boolean delete(Queue queue, String id) {
        return forget(queue, letters.lock(queue.id(), List.of(id))) > 0;
    }

    /** Removes the first so many. Returns how many there were. */
    public int deleteFirst(Queue queue, int most) {
        return forget(queue, letters.lockFirst(queue.id(), Limit.of(most)));
    }

    /** Removes at most so many of those that are older than the queue keeps them. */
    public int deleteOld(Queue queue, int most) {
        Instant before = queues.clock().minus(queue.settings().deadLetterRetention());
        return forget(queue, letters.lockOld(queue.id(), before, Limit.of(most)));
    }

    private int forget(Queue queue, List<DeadLetterEntity> rows) {
        processedIds.release(rows.stream()
                .map(row -> new ProcessedIds.Given(row.id, new MessageKey(queue.id(), 0, row.key().position())))
                .toList());
        remove(rows);
        counters.add(new Tally().add(queue.id(), Figure.DEAD, -rows.size()));
        return rows.size();
    }

    private void remove(List<DeadLetterEntity> rows) {
        if (!rows.isEmpty()) {
            jdbc.batchUpdate(REMOVE, rows, rows.size(), (statement, row) -> {
                statement.setInt(1, row.key().queueId());
                statement.setLong(2, row.key().position());
            });
        }
    }
}
