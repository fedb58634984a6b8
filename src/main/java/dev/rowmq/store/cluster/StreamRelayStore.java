package dev.rowmq.store.cluster;

import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
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
 * Copies of messages for streams that watch a queue. After a reconnect they are read again from the queue itself;
 * between instances they are passed through {@code stream_copy}. The instances with such streams are recorded in
 * {@code stream_watch}.
 */
@Component
public class StreamRelayStore {

    private static final String COLUMNS = "priority, position, id, body_kind, body, metadata, enqueued_at";

    /** Key of the advisory lock: any number that no other code uses. */
    private static final long ONE_AT_A_TIME = 0x526f774d51L;

    private final JdbcTemplate jdbc;
    private final MetadataJson metadata;
    private final Transactions transactions;

    StreamRelayStore(JdbcTemplate jdbc, MetadataJson metadata, Transactions transactions) {
        this.jdbc = jdbc;
        this.metadata = metadata;
        this.transactions = transactions;
    }

    /** An item that one instance leaves for the others: a copy, or the number of messages that it dropped. */
    public sealed interface RelayedItem {

        int queueId();

        record MessageItem(StreamedMessage copy) implements RelayedItem {

            @Override
            public int queueId() {
                return copy.queueId();
            }
        }

        record DroppedItem(int queueId, long messages) implements RelayedItem {}
    }

    private static final short DROPPED = -1;
    private static final int MAX_BYTES = 8 * 1024 * 1024;

    /**
     * Returns the keys of the first messages after the position that are still stored, in the order of sending.
     *
     * @param most 1 or more
     */
    public List<MessageKey> still(int queueId, int levels, long after, int most) {
        return SqlErrorTranslator.translating(() -> {
            // delayed messages first: a message that becomes ready meanwhile is then found twice instead of not at all
            SortedMap<Long, MessageKey> all = new TreeMap<>();
            keys("delayed_message", queueId, "priority >= ?", 0, after, "position", most, all);
            for (int priority = 0; priority < levels; priority++) {
                keys("message", queueId, "priority = ?", priority, after, "queue_id, priority, position", most, all);
            }
            return all.values().stream().limit(most).toList();
        });
    }

    private void keys(
            String table,
            int queueId,
            String which,
            int priority,
            long after,
            String order,
            int most,
            SortedMap<Long, MessageKey> all) {
        jdbc.query(
                """
                select priority, position
                from %s
                where queue_id = ? and %s and position > ?
                order by %s
                fetch first %d rows only
                """.formatted(table, which, order, most),
                row -> {
                    all.put(row.getLong(2), new MessageKey(queueId, row.getInt(1), row.getLong(2)));
                },
                queueId,
                priority,
                after);
    }

    /** The message, if it is still stored. */
    public Optional<StreamedMessage> find(MessageKey key) {
        return SqlErrorTranslator.translating(() -> one("delayed_message", key).or(() -> one("message", key)));
    }

    private Optional<StreamedMessage> one(String table, MessageKey key) {
        return jdbc
                .query(
                        "select %s from %s where queue_id = ? and priority = ? and position = ?"
                                .formatted(COLUMNS, table),
                        (row, n) -> copy(key.queueId(), row),
                        key.queueId(),
                        key.priority(),
                        key.position())
                .stream()
                .findFirst();
    }

    private StreamedMessage copy(int queueId, ResultSet row) throws SQLException {
        MessageKey key = new MessageKey(queueId, row.getInt("priority"), row.getLong("position"));
        return new StreamedMessage(
                queueId,
                key.position(),
                Optional.ofNullable(row.getString("id")).orElseGet(() -> GeneratedId.of(key)),
                new Body(JdbcMessageStore.KINDS[row.getInt("body_kind")], row.getBytes("body")),
                metadata.read(row.getString("metadata")),
                key.priority(),
                row.getObject("enqueued_at", OffsetDateTime.class).toInstant());
    }

    /** Records that streams on this instance watch these queues, for ten seconds from now. PostgreSQL only. */
    public void watch(String instance, Collection<Integer> queueIds) {
        SqlErrorTranslator.translating(() -> jdbc.batchUpdate(
                """
                insert into stream_watch (instance, queue_id, until)
                values (?, ?, clock_timestamp() + interval '10' second)
                on conflict (instance, queue_id) do update
                set until = excluded.until
                """,
                queueIds.stream()
                        .sorted()
                        .map(id -> new Object[] {instance, id})
                        .toList()));
    }

    /** The queues that are watched on another instance. */
    public Set<Integer> watchedElsewhere(String instance) {
        return SqlErrorTranslator.translating(() -> new HashSet<>(jdbc.queryForList(
                "select distinct queue_id from stream_watch where instance <> ? and until > clock_timestamp()",
                Integer.class,
                instance)));
    }

    /**
     * Leaves items for the other instances. One instance does so at a time, so that numbers are in the order of
     * commits. PostgreSQL only.
     */
    public void leave(String instance, List<RelayedItem> all) {
        transactions.inTransaction(() -> {
            jdbc.query("select pg_advisory_xact_lock(?)", row -> {}, ONE_AT_A_TIME);
            return jdbc.batchUpdate("""
                insert into stream_copy (number, instance, queue_id, left_at, %s)
                values (nextval('stream_number'), ?, ?, clock_timestamp(), ?, ?, ?, ?, ?, ?, ?)
                """.formatted(COLUMNS), all, all.size(), (statement, left) -> {
                statement.setString(1, instance);
                statement.setInt(2, left.queueId());
                switch (left) {
                    case RelayedItem.MessageItem sent -> set(statement, sent.copy());
                    case RelayedItem.DroppedItem dropped -> set(statement, marker(dropped));
                }
                if (left instanceof RelayedItem.DroppedItem) {
                    statement.setShort(6, DROPPED);
                }
            });
        });
    }

    /** Stores the number of dropped messages in the place of the position. */
    private static StreamedMessage marker(RelayedItem.DroppedItem dropped) {
        return new StreamedMessage(
                dropped.queueId(),
                dropped.messages(),
                "",
                new Body(Body.Kind.BYTES, new byte[0]),
                Map.of(),
                0,
                Instant.EPOCH);
    }

    private void set(PreparedStatement statement, StreamedMessage copy) throws SQLException {
        statement.setInt(3, copy.priority());
        statement.setLong(4, copy.position());
        statement.setString(5, copy.id());
        statement.setInt(6, copy.body().kind().ordinal());
        statement.setBytes(7, copy.body().bytes());
        statement.setString(8, metadata.write(copy.metadata()));
        statement.setObject(9, copy.enqueuedAt().atOffset(ZoneOffset.UTC));
    }

    /**
     * Returns the items that other instances left with numbers after {@code after}, in ascending order: as many as fit
     * into 8 MB of bodies, at least one if there is any, at most 1000.
     */
    public SortedMap<Long, RelayedItem> left(String instance, long after) {
        long[] upTo = {after};
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
                    bytes[0] += row.getLong(2);
                    if (bytes[0] <= MAX_BYTES || upTo[0] == after) {
                        upTo[0] = row.getLong(1);
                    }
                },
                after,
                instance);
        SortedMap<Long, RelayedItem> left = new TreeMap<>();
        jdbc.query(
                """
                select number, queue_id, %s
                from stream_copy
                where number > ? and number <= ? and instance <> ?
                """.formatted(COLUMNS),
                row -> {
                    left.put(row.getLong("number"), left(row));
                },
                after,
                upTo[0],
                instance);
        return left;
    }

    private RelayedItem left(ResultSet row) throws SQLException {
        int queueId = row.getInt("queue_id");
        return row.getShort("body_kind") == DROPPED
                ? new RelayedItem.DroppedItem(queueId, row.getLong("position"))
                : new RelayedItem.MessageItem(copy(queueId, row));
    }

    /** The greatest number in {@code stream_copy}; 0 = the table is empty. */
    public long lastNumber() {
        return jdbc.queryForObject("select coalesce(max(number), 0) from stream_copy", Long.class);
    }

    /**
     * Removes items that were left over a minute ago, and watches that have ended. Returns the number of rows removed.
     */
    public int removeOld() {
        return SqlErrorTranslator.translating(() -> jdbc.update(
                        "delete from stream_watch where until < clock_timestamp()")
                + jdbc.update("delete from stream_copy where left_at < clock_timestamp() - interval '1' minute"));
    }
}
