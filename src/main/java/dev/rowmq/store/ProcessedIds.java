package dev.rowmq.store;

import dev.rowmq.message.MessageKey;

import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** The ids that producers gave, off the hot path. Each method is part of the caller's transaction. */
@Component
class ProcessedIds {

    private static final String RELEASE =
            """
            update processed_id p
            set forget_at = clock_timestamp()
                + (select processed_retention_ms from queue q where q.id = p.queue_id) * interval '0.001' second
            where queue_id = ? and id = ? and position = ?
            """;

    private static final String REMEMBER =
            """
            insert into processed_id (queue_id, id, priority, position, body_hash, enqueued_at, visible_at)
            select ?, ?, ?, ?, ?, clock_timestamp(), clock_timestamp()
            where not exists (select 1 from processed_id where queue_id = ? and id = ?)
            """;

    private final JdbcTemplate jdbc;

    ProcessedIds(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** An id, and the message that it was given to. */
    record Given(String id, MessageKey key) {}

    /** Their messages are done with: from now on the ids are remembered for the queue's retention only. */
    void release(List<Given> given) {
        if (!given.isEmpty()) {
            jdbc.batchUpdate(RELEASE, given, given.size(), (statement, one) -> {
                statement.setInt(1, one.key().queueId());
                statement.setString(2, one.id());
                statement.setLong(3, one.key().position());
            });
        }
    }

    /** Makes the message findable by its id, unless another message has it. */
    void remember(Given given, byte[] bodyHash) {
        MessageKey key = given.key();
        jdbc.update(
                REMEMBER, key.queueId(), given.id(), key.priority(), key.position(), bodyHash, key.queueId(), given.id());
    }
}
