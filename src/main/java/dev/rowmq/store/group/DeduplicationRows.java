package dev.rowmq.store.group;

import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** The deduplication keys of messages in FIFO queues, within the caller's transaction. */
@Component
public class DeduplicationRows {

    private static final String FORGET = """
        delete from processed_id
        where queue_id = ? and id = ? and forget_at <= clock_timestamp()
        """;

    private static final String LIMIT = """
        update processed_id
        set forget_at = enqueued_at + cast(? as bigint) * interval '0.001' second
        where queue_id = ? and id = ? and position = ?
        """;

    private final JdbcTemplate jdbc;

    DeduplicationRows(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    private record Recorded(int queueId, String key, long position) {}

    /** Removes the keys of these messages whose time is over. */
    void forget(List<MessageRow> rows) {
        List<MessageRow> keyed = rows.stream()
                .filter(row -> row.deduplicationKey().isPresent())
                // in the order in which sends insert ids
                .sorted(Comparator.comparing(MessageRow::queueId)
                        .thenComparing(row -> row.deduplicationKey().orElseThrow()))
                .toList();
        if (!keyed.isEmpty()) {
            jdbc.batchUpdate(FORGET, keyed, keyed.size(), (statement, row) -> {
                statement.setInt(1, row.queueId());
                statement.setString(2, row.deduplicationKey().orElseThrow());
            });
        }
    }

    /** Sets the time at which the keys of messages that were stored just now are forgotten. */
    void limit(List<MessageRow> rows, List<SendOutcome> outcomes) {
        List<Recorded> stored = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            MessageRow row = rows.get(i);
            if (row.deduplicationKey().isPresent() && outcomes.get(i) instanceof SendOutcome.Accepted accepted) {
                stored.add(new Recorded(
                        row.queueId(),
                        row.deduplicationKey().get(),
                        accepted.key().position()));
            }
        }
        if (!stored.isEmpty()) {
            jdbc.batchUpdate(LIMIT, stored, stored.size(), (statement, one) -> {
                statement.setLong(1, FifoRules.DEDUPLICATION_WINDOW.toMillis());
                statement.setInt(2, one.queueId());
                statement.setString(3, one.key());
                statement.setLong(4, one.position());
            });
        }
    }
}
