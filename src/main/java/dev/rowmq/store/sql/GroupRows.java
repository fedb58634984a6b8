package dev.rowmq.store.sql;

import dev.rowmq.model.message.ReservedMetadata;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.database.DatabaseSupport;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.stereotype.Component;

/**
 * The rows of message groups, and of the messages that belong to them. Each method runs within the caller's
 * transaction. A claim looks at a group once its time {@code next_at} has come, and finds out by itself which of its
 * messages can be leased. So that time may be too early, but never too late.
 */
@Component
public class GroupRows {

    /** A row that exists is locked and not changed. */
    private static final String LOCK_SHARED = """
        insert into message_group (queue_id, group_id, head, next_at)
        values (?, ?, 0, clock_timestamp())
        on conflict (queue_id, group_id) do update
        set head = message_group.head
        where false
        """;

    private static final String TRY_SHARED = """
        select k.queue_id, k.group_id
        from unnest(?::integer[], ?::text[]) as k (queue_id, group_id)
        cross join lateral (
            select 1
            from message_group
            where queue_id = k.queue_id and group_id = k.group_id
            for update skip locked) locked
        where (select set_config('lock_timeout', '100ms', true)) is not null
        """;

    private static final String LOCK_ALONE = """
        insert into message_group (queue_id, group_id, head, next_at)
        select ?, ?, 0, clock_timestamp()
        where not exists (select 1 from message_group where queue_id = ? and group_id = ?)
        """;

    private static final String ADD = "insert into group_member (queue_id, group_id, position) values (?, ?, ?)";

    private static final String ADD_SHARED = """
        insert into group_member (queue_id, group_id, position)
        select * from unnest(?::integer[], ?::text[], ?::bigint[])
        """;

    private static final String REMOVE_SHARED = """
        delete from group_member
        where ctid = any(array(
            select found.address
            from unnest(?::integer[], ?::text[], ?::bigint[]) as k (queue_id, group_id, position)
            cross join lateral (
                select ctid as address
                from group_member
                where queue_id = k.queue_id and group_id = k.group_id and position = k.position
                offset 0) found))
        """;

    private static final String REMOVE =
            "delete from group_member where queue_id = ? and group_id = ? and position = ?";

    private static final String METADATA_SHARED = """
        select k.queue_id, k.position, found.metadata
        from unnest(?::integer[], ?::integer[], ?::bigint[]) as k (queue_id, priority, position)
        cross join lateral (
            select metadata
            from message
            where queue_id = k.queue_id and priority = k.priority and position = k.position
            offset 0) found
        """;

    private static final String RELEASE_SHARED = """
        update message_group
        set next_at = clock_timestamp()
        where ctid = any(array(
            select found.address
            from unnest(?::text[]) as k (group_id)
            cross join lateral (
                select ctid as address
                from message_group
                where queue_id = ? and group_id = k.group_id
                for update skip locked) found))
        returning group_id
        """;

    private static final String RELEASE_ALONE =
            "update message_group set next_at = clock_timestamp() where queue_id = ? and group_id = ?";

    /** A group of messages in one queue. */
    public record GroupKey(int queueId, String group) implements Comparable<GroupKey> {

        @Override
        public int compareTo(GroupKey other) {
            return queueId != other.queueId
                    ? Integer.compare(queueId, other.queueId)
                    : group.compareTo(other.group);
        }
    }

    /** A message in a group. */
    public record Member(GroupKey group, long position) {}

    private final JdbcTemplate jdbc;
    private final MetadataJson metadata;
    private final FifoQueues fifo;
    private final boolean shared;

    GroupRows(JdbcTemplate jdbc, MetadataJson metadata, FifoQueues fifo, DatabaseSupport database) {
        this.jdbc = jdbc;
        this.metadata = metadata;
        this.fifo = fifo;
        this.shared = database.shared();
    }

    /** The longest that a transaction waits for locks of others, as many senders may wait for it: 250 ms. */
    public static final Duration MAX_WAIT = Duration.ofMillis(250);

    /**
     * Lets the transaction wait for locks of others.
     *
     * @param max 1 ms to {@link #MAX_WAIT}
     */
    public void limitWaiting(Duration max) {
        if (shared) {
            jdbc.execute("set local lock_timeout = " + max.toMillis());
        }
    }

    /**
     * Locks the groups until the transaction ends, and creates those that do not exist. Positions that are drawn after
     * it are greater than those of all messages of these groups, committed or not.
     */
    public void lock(SortedSet<GroupKey> groups) {
        if (!groups.isEmpty()) {
            jdbc.batchUpdate(shared ? LOCK_SHARED : LOCK_ALONE, groups, groups.size(), (statement, group) -> {
                for (int parameter = 1; parameter <= (shared ? 2 : 4); parameter += 2) {
                    statement.setInt(parameter, group.queueId());
                    statement.setString(parameter + 1, group.group());
                }
            });
        }
    }

    /**
     * As {@link #lock}, but does not wait for other transactions that have locked groups. What the transaction does
     * next waits for locks of others for at most 100 ms.
     *
     * @return the groups that are not locked, as others have locked them
     */
    public Set<GroupKey> tryLock(SortedSet<GroupKey> groups) {
        SortedSet<GroupKey> others = new TreeSet<>(groups);
        if (shared) {
            jdbc.query(
                    TRY_SHARED,
                    row -> {
                        others.remove(new GroupKey(row.getInt(1), row.getString(2)));
                    },
                    groups.stream().mapToInt(GroupKey::queueId).toArray(),
                    groups.stream().map(GroupKey::group).toArray(String[]::new));
        }
        SortedSet<GroupKey> missing = new TreeSet<>(others);
        missing.removeIf(group -> shared && exists(group));
        lock(missing);
        others.removeAll(missing);
        return others;
    }

    /** Adds messages to groups that the transaction has locked. */
    public void add(List<Member> members) {
        write(shared ? ADD_SHARED : ADD, members);
    }

    /** Removes messages that have ended from their groups. */
    public void remove(List<Member> members) {
        write(shared ? REMOVE_SHARED : REMOVE, members);
    }

    private void write(String sql, List<Member> members) {
        if (members.isEmpty()) {
            return;
        }
        if (shared) {
            jdbc.update(
                    sql,
                    members.stream().mapToInt(member -> member.group().queueId()).toArray(),
                    members.stream().map(member -> member.group().group()).toArray(String[]::new),
                    members.stream().mapToLong(Member::position).toArray());
        } else {
            jdbc.batchUpdate(sql, members, members.size(), (statement, member) -> {
                statement.setInt(1, member.group().queueId());
                statement.setString(2, member.group().group());
                statement.setLong(3, member.position());
            });
        }
    }

    /**
     * Lets claims look at the groups at once.
     *
     * @return the groups that other transactions were changing: they are to be released again later
     */
    public Set<GroupKey> release(SortedSet<GroupKey> groups) {
        Set<GroupKey> missed = new TreeSet<>(groups);
        if (!shared) {
            for (GroupKey group : groups) {
                jdbc.update(RELEASE_ALONE, group.queueId(), group.group());
            }
            return Set.of();
        }
        for (int queueId : new TreeSet<>(groups.stream().map(GroupKey::queueId).toList())) {
            String[] names = groups.stream()
                    .filter(group -> group.queueId() == queueId)
                    .map(GroupKey::group)
                    .toArray(String[]::new);
            jdbc.query(
                    RELEASE_SHARED,
                    row -> {
                        missed.remove(new GroupKey(queueId, row.getString(1)));
                    },
                    names,
                    queueId);
        }
        return missed;
    }

    /** Whether the group has a row, as it has while it holds messages. */
    public boolean exists(GroupKey group) {
        return !jdbc.queryForList(
                        "select 1 from message_group where queue_id = ? and group_id = ?",
                        Integer.class,
                        group.queueId(),
                        group.group())
                .isEmpty();
    }

    /** Lets claims look at all groups of a queue at once, as many of its messages were removed. */
    public void releaseAll(int queueId) {
        if (fifo.contains(queueId)) {
            SortedSet<GroupKey> groups = new TreeSet<>();
            jdbc.query(
                    "select group_id from message_group where queue_id = ? and next_at > clock_timestamp()",
                    row -> {
                        groups.add(new GroupKey(queueId, row.getString(1)));
                    },
                    queueId);
            release(groups);
        }
    }

    /** The groups of those of these messages that are in FIFO queues and exist, by position. */
    public Map<Long, GroupKey> groupsOf(Collection<MessageKey> keys) {
        Map<Long, GroupKey> groups = new HashMap<>();
        List<MessageKey> inFifo = new HashSet<>(keys)
                .stream().filter(key -> fifo.contains(key.queueId())).toList();
        RowCallbackHandler read = row -> {
            Optional<GroupKey> group = group(row.getInt(1), row.getString(3));
            if (group.isPresent()) {
                groups.put(row.getLong(2), group.get());
            }
        };
        if (shared) {
            jdbc.query(
                    METADATA_SHARED,
                    read,
                    inFifo.stream().mapToInt(MessageKey::queueId).toArray(),
                    inFifo.stream().mapToInt(MessageKey::priority).toArray(),
                    inFifo.stream().mapToLong(MessageKey::position).toArray());
        } else {
            inFifo.forEach(key -> jdbc.query(
                    """
                    select queue_id, position, metadata
                    from message
                    where queue_id = ? and priority = ? and position = ?
                    """,
                    read,
                    key.queueId(),
                    key.priority(),
                    key.position()));
        }
        return groups;
    }

    /** The group in stored metadata; empty when the queue is no FIFO queue. */
    public Optional<GroupKey> group(int queueId, String stored) {
        return fifo.contains(queueId)
                ? ReservedMetadata.group(metadata.read(stored)).map(group -> new GroupKey(queueId, group))
                : Optional.empty();
    }
}
