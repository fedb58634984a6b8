package dev.rowmq.store.sql;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.Settlement;

import java.util.List;
import java.util.stream.IntStream;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * The ids given by producers, and the ids of messages that push completed, off the hot path. Each method runs within
 * the caller's transaction.
 */
@Component
public class ProcessedIds {

    /** The hash of no body: a later message with such an id is refused because the id is in use. */
    private static final byte[] NO_BODY = {};

    private static final String RELEASE = """
        update processed_id p
        set forget_at = clock_timestamp()
            + (select processed_retention_ms from queue q where q.id = p.queue_id) * interval '0.001' second
        where queue_id = ? and id = ? and position = ?
        """;

    private static final String REMEMBER = """
        insert into processed_id (queue_id, id, priority, position, body_hash, enqueued_at, visible_at)
        select ?, ?, ?, ?, ?, clock_timestamp(), clock_timestamp()
        where not exists (select 1 from processed_id where queue_id = ? and id = ?)
        """;

    private static final String REVIVE = """
        update processed_id
        set priority = ?, position = ?, ended = null, forget_at = null
        where queue_id = ? and id = ? and processed_at is null and forget_at is not null
        """;

    private static final String PROCESSED = """
        update processed_id
        set processed_at = coalesce(processed_at, clock_timestamp()),
            ended = null,
            forget_at = clock_timestamp() + cast(? as bigint) * interval '0.001' second
        where queue_id = ? and id = ? and position = ?
        """;

    private static final String PROCESSED_UNHEARD = """
        insert into processed_id (queue_id, id, priority, position, body_hash, enqueued_at, visible_at, processed_at,
            forget_at)
        select ?, ?, ?, ?, ?, clock_timestamp(), clock_timestamp(), clock_timestamp(),
            clock_timestamp() + cast(? as bigint) * interval '0.001' second
        where not exists (select 1 from processed_id where queue_id = ? and id = ?)
        """;

    private final JdbcTemplate jdbc;

    ProcessedIds(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** An id, and the message that it was given to. */
    record Given(String id, MessageKey key) {}

    /**
     * Starts the retention of these ids, whose messages have ended: an id stays in use for {@code
     * processed_retention_ms} of its queue.
     */
    void end(List<Given> given) {
        if (!given.isEmpty()) {
            jdbc.batchUpdate(RELEASE, given, given.size(), (statement, one) -> {
                statement.setInt(1, one.key().queueId());
                statement.setString(2, one.id());
                statement.setLong(3, one.key().position());
            });
        }
    }

    /**
     * Records that the messages with these ids were processed, whether producers gave the ids or they were generated.
     * An id that another message has already is not recorded.
     */
    void record(List<Settlement.AckAndRecord> completed) {
        int[] known = jdbc.batchUpdate(PROCESSED, completed, completed.size(), (statement, one) -> {
            statement.setLong(1, one.processedRetention().toMillis());
            statement.setInt(2, one.key().queueId());
            statement.setString(3, one.id());
            statement.setLong(4, one.key().position());
        })[0];
        List<Settlement.AckAndRecord> unheard =
                IntStream.range(0, known.length).filter(i -> known[i] == 0).mapToObj(completed::get).toList();
        if (!unheard.isEmpty()) {
            jdbc.batchUpdate(PROCESSED_UNHEARD, unheard, unheard.size(), (statement, one) -> {
                statement.setInt(1, one.key().queueId());
                statement.setString(2, one.id());
                statement.setInt(3, one.key().priority());
                statement.setLong(4, one.key().position());
                statement.setBytes(5, NO_BODY);
                statement.setLong(6, one.processedRetention().toMillis());
                statement.setInt(7, one.key().queueId());
                statement.setString(8, one.id());
            });
        }
    }

    /** An id, the message that has it, and the hash of its body. */
    record Remembered(String id, MessageKey key, byte[] bodyHash) {}

    /** Gives ids whose messages came back, unacked, to their new rows; an id of another live message stays its own. */
    void revive(List<Remembered> messages) {
        if (!messages.isEmpty()) {
            jdbc.batchUpdate(REVIVE, messages, messages.size(), (statement, one) -> {
                statement.setInt(1, one.key().priority());
                statement.setLong(2, one.key().position());
                statement.setInt(3, one.key().queueId());
                statement.setString(4, one.id());
            });
        }
    }

    /** Makes messages findable by their ids, unless other messages have these ids. */
    void remember(List<Remembered> messages) {
        if (!messages.isEmpty()) {
            jdbc.batchUpdate(REMEMBER, messages, messages.size(), (statement, one) -> {
                statement.setInt(1, one.key().queueId());
                statement.setString(2, one.id());
                statement.setInt(3, one.key().priority());
                statement.setLong(4, one.key().position());
                statement.setBytes(5, one.bodyHash());
                statement.setInt(6, one.key().queueId());
                statement.setString(7, one.id());
            });
        }
    }
}
