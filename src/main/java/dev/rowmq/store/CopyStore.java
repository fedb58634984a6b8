package dev.rowmq.store;

import dev.rowmq.message.Body;
import dev.rowmq.message.Copy;
import dev.rowmq.message.GeneratedId;
import dev.rowmq.message.MessageKey;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Copies of messages for those who watch a queue: read again from the queue itself after a reconnect, and handed from one
 * instance to another through {@code stream_copy}. Which instances have somebody who watches is in {@code stream_watch}.
 */
@Component
public class CopyStore {

    private static final String COLUMNS = "priority, position, id, body_kind, body, metadata, enqueued_at";

    private final JdbcTemplate jdbc;
    private final MetadataText metadata;

    CopyStore(JdbcTemplate jdbc, MetadataText metadata) {
        this.jdbc = jdbc;
        this.metadata = metadata;
    }

    /** What one instance leaves for the others: a copy, or how many it had no room for. */
    public sealed interface Left {

        int queueId();

        record Sent(Copy copy) implements Left {

            @Override
            public int queueId() {
                return copy.queueId();
            }
        }

        record Dropped(int queueId, long messages) implements Left {}
    }

    private static final short DROPPED = -1;
    private static final int MOST_BYTES = 8 * 1024 * 1024;

    /** The first messages behind that position that are still there, in the order of sending. @param most 1 or more */
    public List<Copy> still(int queueId, int levels, long behind, int most) {
        return FailureTranslation.translating(() -> {
            List<Copy> all = new ArrayList<>();
            for (int priority = 0; priority < levels; priority++) {
                all.addAll(jdbc.query(
                        """
                        select %s
                        from message
                        where queue_id = ? and priority = ? and position > ?
                        order by queue_id, priority, position
                        fetch first %d rows only
                        """
                                .formatted(COLUMNS, most),
                        (row, n) -> copy(queueId, row),
                        queueId,
                        priority,
                        behind));
            }
            all.addAll(jdbc.query(
                    """
                    select %s
                    from delayed_message
                    where queue_id = ? and position > ?
                    order by position
                    fetch first %d rows only
                    """
                            .formatted(COLUMNS, most),
                    (row, n) -> copy(queueId, row),
                    queueId,
                    behind));
            return all.stream().sorted(Comparator.comparingLong(Copy::position)).limit(most).toList();
        });
    }

    private Copy copy(int queueId, ResultSet row) throws SQLException {
        MessageKey key = new MessageKey(queueId, row.getInt("priority"), row.getLong("position"));
        return new Copy(
                queueId,
                key.position(),
                Optional.ofNullable(row.getString("id")).orElseGet(() -> GeneratedId.of(key)),
                new Body(JdbcMessageStore.KINDS[row.getInt("body_kind")], row.getBytes("body")),
                metadata.read(row.getString("metadata")),
                key.priority(),
                row.getObject("enqueued_at", OffsetDateTime.class).toInstant());
    }

    /** Says that somebody on this instance watches these queues, for a few seconds from now. */
    public void watch(String instance, Collection<Integer> queueIds) {
        List<Object[]> rows = queueIds.stream().map(id -> new Object[] {instance, id}).toList();
        int[] known = jdbc.batchUpdate(
                "update stream_watch set until = clock_timestamp() + interval '10' second where instance = ? and queue_id = ?", rows);
        for (int i = 0; i < known.length; i++) {
            if (known[i] == 0) {
                jdbc.update(
                        "insert into stream_watch (instance, queue_id, until) values (?, ?, clock_timestamp() + interval '10' second)",
                        rows.get(i));
            }
        }
    }

    /** The queues that somebody watches on another instance. */
    public Set<Integer> watchedElsewhere(String instance) {
        return new HashSet<>(jdbc.queryForList(
                "select distinct queue_id from stream_watch where instance <> ? and until > clock_timestamp()",
                Integer.class,
                instance));
    }

    /** Leaves something for the other instances. */
    public void leave(String instance, List<Left> all) {
        jdbc.batchUpdate(
                """
                insert into stream_copy (number, instance, queue_id, left_at, %s)
                values (nextval('stream_number'), ?, ?, clock_timestamp(), ?, ?, ?, ?, ?, ?, ?)
                """
                        .formatted(COLUMNS),
                all,
                all.size(),
                (statement, left) -> {
                    statement.setString(1, instance);
                    statement.setInt(2, left.queueId());
                    switch (left) {
                        case Left.Sent sent -> set(statement, sent.copy());
                        case Left.Dropped dropped -> set(statement, marker(dropped));
                    }
                    if (left instanceof Left.Dropped) {
                        statement.setShort(6, DROPPED);
                    }
                });
    }

    /** The number of messages stands where a copy has its position. */
    private static Copy marker(Left.Dropped dropped) {
        return new Copy(
                dropped.queueId(), dropped.messages(), "", new Body(Body.Kind.BYTES, new byte[0]), Map.of(), 0, Instant.EPOCH);
    }

    private void set(PreparedStatement statement, Copy copy) throws SQLException {
        statement.setInt(3, copy.priority());
        statement.setLong(4, copy.position());
        statement.setString(5, copy.id());
        statement.setInt(6, copy.body().kind().ordinal());
        statement.setBytes(7, copy.body().bytes());
        statement.setString(8, metadata.write(copy.metadata()));
        statement.setObject(9, copy.enqueuedAt().atOffset(ZoneOffset.UTC));
    }

    /**
     * What the others left with numbers behind that one, by number in ascending order, but for those numbers that are known
     * already: as many as fit into 8 MB, and at most 500.
     */
    public SortedMap<Long, Left> left(String instance, long behind, Set<Long> known) {
        List<Long> numbers = new ArrayList<>();
        long[] bytes = {0};
        jdbc.query(
                """
                select number, octet_length(body)
                from stream_copy
                where number > ? and instance <> ?
                order by number
                fetch first 1000 rows only
                """,
                row -> {
                    boolean fits = numbers.isEmpty() || numbers.size() < 500 && bytes[0] + row.getLong(2) <= MOST_BYTES;
                    if (fits && !known.contains(row.getLong(1))) {
                        numbers.add(row.getLong(1));
                        bytes[0] += row.getLong(2);
                    }
                },
                behind,
                instance);
        SortedMap<Long, Left> left = new TreeMap<>();
        for (long number : numbers) {
            jdbc.query(
                    "select queue_id, %s from stream_copy where number = ?".formatted(COLUMNS),
                    row -> {
                        left.put(number, left(row));
                    },
                    number);
        }
        return left;
    }

    private Left left(ResultSet row) throws SQLException {
        int queueId = row.getInt("queue_id");
        return row.getShort("body_kind") == DROPPED
                ? new Left.Dropped(queueId, row.getLong("position"))
                : new Left.Sent(copy(queueId, row));
    }

    /** The last number given so far. */
    public long lastNumber() {
        return jdbc.queryForObject("select coalesce(max(number), 0) from stream_copy", Long.class);
    }

    /** Removes what was left over a minute ago, and watches that are over. Returns how many rows went. */
    public int removeOld() {
        return FailureTranslation.translating(() -> jdbc.update("delete from stream_watch where until < clock_timestamp()")
                + jdbc.update("delete from stream_copy where left_at < clock_timestamp() - interval '1' minute"));
    }
}
