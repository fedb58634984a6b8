package dev.rowmq.store.upkeep;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * The messages that expire next: those with a ttl of their own from {@code message_expiry}, the others at the head of
 * their queue.
 */
@Component
public class ExpiryStore {

    private static final int SET = 1000;

    private final JdbcTemplate jdbc;
    private final Transactions transactions;

    ExpiryStore(JdbcTemplate jdbc, Transactions transactions) {
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    /** An entry of {@code message_expiry} that is due. Its message may be gone, or in flight. */
    public record Due(OffsetDateTime expiresAt, MessageKey key) {}

    /**
     * Returns the first due entries, at most {@value #SET}.
     *
     * @param queueId empty = of all queues
     */
    public List<Due> due(OptionalInt queueId) {
        String which = queueId.isPresent() ? "and queue_id = " + queueId.getAsInt() : "";
        return SqlErrorTranslator.translating(() -> jdbc.query(
                """
                select expires_at, queue_id, priority, position
                from message_expiry
                where expires_at <= (select clock_timestamp()) %s
                order by expires_at, queue_id, priority, position
                fetch first %d rows only
                """
                        .formatted(which, SET),
                (row, n) -> new Due(
                        row.getObject(1, OffsetDateTime.class),
                        new MessageKey(row.getInt(2), row.getInt(3), row.getLong(4)))));
    }

    /**
     * Removes processed entries. A message that is still stored, because it is in flight or delayed, gets a new entry,
     * due when its lease or delay ends.
     */
    public void done(List<Due> due) {
        if (due.isEmpty()) {
            return;
        }
        transactions.bulk(() -> {
            delete(due);
            insertAgain(due);
            return null;
        });
    }

    private void delete(List<Due> due) {
        jdbc.batchUpdate(
                "delete from message_expiry where expires_at = ? and queue_id = ? and priority = ? and position = "
                        + "?",
                due,
                due.size(),
                (statement, one) -> {
                    statement.setObject(1, one.expiresAt());
                    statement.setInt(2, one.key().queueId());
                    statement.setInt(3, one.key().priority());
                    statement.setLong(4, one.key().position());
                });
    }

    /** Messages that were in flight or delayed have not expired yet and are due again later. */
    private void insertAgain(List<Due> due) {
        for (String table : List.of("message", "delayed_message")) {
            // the end of the lease; a lease that has ended by now is checked again in a second
            String again = table.equals("message") ? "greatest(visible_at, current_timestamp + interval '1' second)"
                    : "due_at";
            List<Object[]> keys = due.stream()
                    .map(ExpiryStore.Due::key)
                    .distinct()
                    .map(key -> new Object[] {key.queueId(), key.priority(), key.position()})
                    .toList();
            jdbc.batchUpdate(
                    """
                    insert into message_expiry (expires_at, queue_id, priority, position)
                    select %s, queue_id, priority, position
                    from %s
                    where queue_id = ? and priority = ? and position = ? and expires_at <= clock_timestamp()
                        and not exists (
                            select 1
                            from message_expiry e
                            where e.queue_id = %s.queue_id and e.priority = %s.priority and e.position = %s.position
                                and e.expires_at = %s)
                    """
                            .formatted(again, table, table, table, table, again),
                    keys);
        }
    }

    /**
     * The time until the first message of a level after {@code after} expires; zero or negative = it has expired.
     *
     * @return empty when there is none
     */
    public Optional<Duration> head(int queueId, int priority, long after) {
        return SqlErrorTranslator.translating(() -> jdbc
                .query(
                        """
                        select expires_at, clock_timestamp()
                        from message
                        where queue_id = ? and priority = ? and position > ?
                        order by queue_id, priority, position
                        fetch first 1 rows only
                        """,
                        (row, n) -> Duration.between(
                                row.getObject(2, OffsetDateTime.class), row.getObject(1, OffsetDateTime.class)),
                        queueId,
                        priority,
                        after)
                .stream()
                .findFirst());
    }
}
