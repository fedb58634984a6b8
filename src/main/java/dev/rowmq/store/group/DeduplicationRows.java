package dev.rowmq.store.group;

import dev.rowmq.store.MessageRow;
import dev.rowmq.store.database.DatabaseSupport;

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

    private static final String FORGET_SHARED = """
        delete from processed_id
        where ctid = any(array(
            select found.address
            from unnest(?::integer[], ?::text[]) as k (queue_id, id)
            cross join lateral (
                select ctid as address
                from processed_id
                where queue_id = k.queue_id and id = k.id and forget_at <= clock_timestamp()
                offset 0) found))
        """;

    private final JdbcTemplate jdbc;
    private final boolean shared;

    DeduplicationRows(JdbcTemplate jdbc, DatabaseSupport database) {
        this.jdbc = jdbc;
        this.shared = database.shared();
    }

    /** Removes the keys of these messages whose time is over. */
    void forget(List<MessageRow> rows) {
        List<MessageRow> keyed = rows.stream()
                .filter(row -> row.deduplicationKey().isPresent())
                // in the order in which sends insert ids
                .sorted(Comparator.comparing(MessageRow::queueId)
                        .thenComparing(row -> row.deduplicationKey().orElseThrow()))
                .toList();
        if (keyed.isEmpty()) {
            return;
        }
        if (shared) {
            jdbc.update(
                    FORGET_SHARED,
                    keyed.stream().mapToInt(MessageRow::queueId).toArray(),
                    keyed.stream().map(row -> row.deduplicationKey().orElseThrow()).toArray(String[]::new));
        } else {
            jdbc.batchUpdate(FORGET, keyed, keyed.size(), (statement, row) -> {
                statement.setInt(1, row.queueId());
                statement.setString(2, row.deduplicationKey().orElseThrow());
            });
        }
    }
}
