package dev.rowmq.store;

import dev.rowmq.message.Body;
import dev.rowmq.message.Figure;
import dev.rowmq.message.MessageKey;
import dev.rowmq.message.QueueSettings;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/** The hot path on PostgreSQL: one statement for a whole group, with arrays. */
final class PostgresMessageStore extends JdbcMessageStore {

    /**
     * The sub-select on queue is an array and not a join, so that positions are drawn in the order of the group; the
     * ids are inserted in their own order, so that two instances with the same ids wait for each other and do not deadlock.
     */
    private static final String INSERT =
            """
            with request as materialized (
                select u.*, nextval('message_position') as position, clock_timestamp() as now
                from unnest(?::integer[], ?::smallint[], ?::text[], ?::bytea[], ?::smallint[], ?::bytea[], ?::text[],
                        ?::bigint[], ?::bigint[], ?::bigint[])
                    with ordinality as u (queue_id, priority, id, body_hash, body_kind, body, metadata,
                        delay_ms, deliver_at_ms, life_ms, n)
                where u.queue_id = any(array(select id from queue where id = any(?) and deleted_at is null))
            ),
            timed as materialized (
                select *, greatest(now, coalesce(to_timestamp(deliver_at_ms / 1000.0), now + delay_ms * interval '1 millisecond'))
                    as visible_at
                from request
            ),
            fresh as (
                insert into processed_id (queue_id, id, priority, position, body_hash, enqueued_at, visible_at)
                select queue_id, id, priority, position, body_hash, now, visible_at
                from timed
                where id is not null
                order by queue_id, id, n
                on conflict (queue_id, id) do nothing
                returning position
            ),
            accepted as materialized (
                select *, visible_at > now + ? * interval '1 millisecond' as delayed
                from timed
                where id is null or position = any(array(select position from fresh))
            ),
            ready as (
                insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
                    body_kind, body, metadata, enqueued_at, expires_at)
                select queue_id, priority, position, visible_at, 0, 0, 0, id,
                    body_kind, body, metadata, now, visible_at + life_ms * interval '1 millisecond'
                from accepted
                where not delayed
            ),
            waiting as (
                insert into delayed_message (queue_id, due_at, position, priority, deliveries, id,
                    body_kind, body, metadata, enqueued_at, expires_at)
                select queue_id, visible_at, position, priority, 0, id,
                    body_kind, body, metadata, now, visible_at + life_ms * interval '1 millisecond'
                from accepted
                where delayed
            )
            select n, position, now, visible_at, delayed
            from accepted
            """;

    /**
     * The array of row addresses is built once, before the update starts, so that never more than the limit is claimed, and
     * the planner has no join to turn round when it believes the table empty. power() is bounded so that it cannot overflow.
     */
    static final String LEASE =
            """
            update message
            set visible_at = clock_timestamp()
                    + (? + least(? * power(?, least(deliveries, 60)), ?)) * interval '1 millisecond',
                lease_state = case when lease_state > 0 then 2 else 1 end,
                lease_token = nextval('lease_token'),
                leased_at = clock_timestamp(),
                deliveries = deliveries + 1,
                first_received_at = coalesce(first_received_at, clock_timestamp())
            where ctid = any(array(
                select ctid
                from message
                where %s
                order by queue_id, priority, position
                limit ?
                for update skip locked))
            returning position, lease_token, deliveries, id, body_kind, body, metadata, enqueued_at, first_received_at,
                visible_at, lease_state
            """
                    .formatted(CLAIMABLE);

    private static final String ACK =
            """
            delete from message
            where queue_id = ? and priority = ? and position = any(?) and lease_token = any(?)
            returning position, id, lease_state, extract(epoch from clock_timestamp() - leased_at) * 1000
            """;

    private static final String PROCESSED =
            """
            update processed_id
            set processed_at = clock_timestamp(), forget_at = clock_timestamp() + ? * interval '1 millisecond'
            where queue_id = ? and id = any(?) and position = any(?)
            """;

    private static final String RELEASE =
            """
            update message
            set visible_at = clock_timestamp() + ? * interval '1 millisecond',
                lease_state = - abs(lease_state),
                lease_token = 0,
                last_error = coalesce(?, last_error)
            where queue_id = ? and priority = ? and position = any(?) and lease_token = any(?)
            returning position, - lease_state
            """;

    private static final String RELEASE_LATER =
            """
            with released as (
                delete from message
                where queue_id = ? and priority = ? and position = any(?) and lease_token = any(?)
                returning *
            ),
            kept as (
                insert into delayed_message (queue_id, due_at, position, priority, deliveries, id, body_kind, body, metadata,
                    enqueued_at, expires_at, first_received_at, last_error)
                select queue_id, clock_timestamp() + ? * interval '1 millisecond', position, priority, deliveries, id,
                    body_kind, body, metadata, enqueued_at, expires_at, first_received_at, coalesce(?, last_error)
                from released
            )
            select position, lease_state
            from released
            """;

    private static final String EXTEND =
            """
            update message
            set visible_at = least(clock_timestamp() + ? * interval '1 millisecond', leased_at + ? * interval '1 millisecond')
                    + ? * interval '1 millisecond',
                lease_state = case when lease_state > 0 then 2 else 1 end
            where queue_id = ? and priority = ? and position = any(?) and lease_token = any(?)
            returning position, lease_state, visible_at - ? * interval '1 millisecond'
            """;

    PostgresMessageStore(
            JdbcTemplate jdbc, MetadataText metadata, Transactions transactions, Counters counters, Burial burial) {
        super(jdbc, metadata, transactions, counters, burial);
    }

    @Override
    void insert(List<NewRow> rows, List<Integer> open, Sent[] results) {
        if (open.isEmpty()) {
            return;
        }
        List<NewRow> group = open.stream().map(rows::get).toList();
        jdbc.query(
                INSERT,
                statement -> {
                    Object[] arrays = {
                        array(statement, "integer", group, NewRow::queueId),
                        array(statement, "smallint", group, row -> (short) row.priority()),
                        array(statement, "text", group, row -> row.id().orElse(null)),
                        bytes(statement, group, NewRow::bodyHash),
                        array(statement, "smallint", group, row -> (short) row.body().kind().ordinal()),
                        bytes(statement, group, row -> row.body().bytes()),
                        array(statement, "text", group, row -> metadata.write(row.metadata())),
                        array(statement, "bigint", group, row -> row.delay().toMillis()),
                        array(statement, "bigint", group, row -> row.deliverAt()
                                .map(PostgresMessageStore::ceilingMillis)
                                .orElse(null)),
                        array(statement, "bigint", group, row -> row.life().toMillis()),
                        statement.getConnection().createArrayOf(
                                "integer",
                                group.stream().map(NewRow::queueId).distinct().toArray())
                    };
                    for (int i = 0; i < arrays.length; i++) {
                        statement.setArray(i + 1, (Array) arrays[i]);
                    }
                    statement.setLong(arrays.length + 1, NEAR_MILLIS);
                },
                row -> {
                    int i = open.get(row.getInt(1) - 1);
                    MessageKey key = new MessageKey(rows.get(i).queueId(), rows.get(i).priority(), row.getLong(2));
                    results[i] = new Sent.Stored(key, instant(row, 3), instant(row, 4), row.getBoolean(5));
                });
    }

    /** Not early, not even by a part of a millisecond. */
    private static long ceilingMillis(Instant at) {
        return at.toEpochMilli() + (at.getNano() % 1_000_000 == 0 ? 0 : 1);
    }

    private static <T> Array array(PreparedStatement statement, String type, Collection<T> rows, Function<T, Object> value)
            throws SQLException {
        return statement.getConnection().createArrayOf(type, rows.stream().map(value).toArray());
    }

    private static Array bytes(PreparedStatement statement, Collection<NewRow> rows, Function<NewRow, byte[]> value)
            throws SQLException {
        return statement.getConnection().createArrayOf("bytea", rows.stream().map(value).toArray(byte[][]::new));
    }

    @Override
    void lease(Claim claim, int priority, int max, List<Lease> leases, Tally tally) {
        QueueSettings settings = claim.settings();
        int first = leases.size();
        jdbc.query(
                LEASE,
                row -> {
                    int deliveries = row.getInt(3);
                    leases.add(new Lease(
                            new MessageKey(claim.queueId(), priority, row.getLong(1)),
                            row.getLong(2),
                            deliveries,
                            Optional.ofNullable(row.getString(4)),
                            new Body(KINDS[row.getInt(5)], row.getBytes(6)),
                            metadata.read(row.getString(7)),
                            instant(row, 8),
                            instant(row, 9),
                            instant(row, 10).minus(settings.retry().restAfter(deliveries))));
                    if (row.getInt(11) == 1) {
                        tally.move(claim.queueId(), Figure.READY, Figure.IN_FLIGHT, 1);
                    }
                },
                claim.visibilityTimeout().toMillis(),
                (double) settings.retry().initial().toMillis(),
                settings.retry().multiplier(),
                (double) settings.retry().max().toMillis(),
                claim.queueId(),
                priority,
                claim.from().getOrDefault(priority, 0L),
                mostDeliveries(claim),
                max);
        leases.subList(first, leases.size()).sort(Comparator.comparing(Lease::key));
    }

    /** The positions and tokens of a group, as its statements take them. */
    private record Keys(Array positions, Array tokens, Map<Long, Settlement> byPosition) {}

    private Keys keys(List<Settlement> group) {
        Map<Long, Settlement> byPosition = new HashMap<>();
        group.forEach(settlement -> byPosition.put(settlement.key().position(), settlement));
        return jdbc.execute((ConnectionCallback<Keys>) connection -> new Keys(
                connection.createArrayOf("bigint", group.stream().map(s -> s.key().position()).toArray()),
                connection.createArrayOf("bigint", group.stream().map(Settlement::token).toArray()),
                byPosition));
    }

    @Override
    void ack(Settlement.Ack kind, List<Settlement> group, Map<Settlement, Settled> done, Tally tally) {
        int queueId = kind.key().queueId();
        Keys keys = keys(group);
        Map<Long, String> given = new HashMap<>();
        jdbc.query(
                ACK,
                row -> {
                    done.put(keys.byPosition().get(row.getLong(1)), new Settled.Done(Optional.empty()));
                    if (row.getString(2) != null) {
                        given.put(row.getLong(1), row.getString(2));
                    }
                    tally.add(queueId, row.getInt(3) > 0 ? Figure.IN_FLIGHT : Figure.READY, -1)
                            .add(queueId, Figure.ACKED, 1)
                            .add(queueId, Figure.LATENCY_MILLIS, row.getLong(4));
                },
                queueId,
                kind.key().priority(),
                keys.positions(),
                keys.tokens());
        if (!given.isEmpty()) {
            jdbc.update(PROCESSED, statement -> {
                statement.setLong(1, kind.processedRetention().toMillis());
                statement.setInt(2, queueId);
                statement.setArray(3, array(statement, "text", given.values(), id -> id));
                statement.setArray(4, array(statement, "bigint", given.keySet(), position -> position));
            });
        }
    }

    @Override
    void release(Settlement.Release kind, List<Settlement> group, Map<Settlement, Settled> done, Tally tally) {
        int queueId = kind.key().queueId();
        Keys keys = keys(group);
        boolean later = kind.rest().toMillis() > NEAR_MILLIS;
        Object[] key = {queueId, kind.key().priority(), keys.positions(), keys.tokens()};
        Object[] how = {kind.rest().toMillis(), kind.error().orElse(null)};
        jdbc.query(
                later ? RELEASE_LATER : RELEASE,
                row -> {
                    done.put(keys.byPosition().get(row.getLong(1)), new Settled.Done(Optional.empty()));
                    Figure from = row.getInt(2) > 0 ? Figure.IN_FLIGHT : Figure.READY;
                    tally.move(queueId, from, later ? Figure.DELAYED : Figure.READY, 1);
                },
                later ? concat(key, how) : concat(how, key));
    }

    private static Object[] concat(Object[] one, Object[] other) {
        return Stream.of(one, other).flatMap(Arrays::stream).toArray();
    }

    @Override
    void extend(Settlement.Extend kind, List<Settlement> group, Map<Settlement, Settled> done, Tally tally) {
        int queueId = kind.key().queueId();
        Keys keys = keys(group);
        long rest = kind.rest().toMillis();
        jdbc.query(
                EXTEND,
                row -> {
                    done.put(
                            keys.byPosition().get(row.getLong(1)),
                            new Settled.Done(Optional.of(instant(row, 3))));
                    if (row.getInt(2) == 1) {
                        tally.move(queueId, Figure.READY, Figure.IN_FLIGHT, 1);
                    }
                },
                kind.visibilityTimeout().toMillis(),
                QueueSettings.LONGEST_LEASE.toMillis(),
                rest,
                queueId,
                kind.key().priority(),
                keys.positions(),
                keys.tokens(),
                rest);
    }
}
