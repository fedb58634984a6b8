package dev.rowmq.store;

import dev.rowmq.message.Body;
import dev.rowmq.message.Figure;
import dev.rowmq.message.MessageKey;
import dev.rowmq.message.QueueSettings;
import dev.rowmq.message.Refusal;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;

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
                from unnest(?::integer[], ?::smallint[], ?::smallint[], ?::bytea[], ?::text[], ?::bigint[],
                        ?::text[], ?::bytea[], ?::bigint[], ?::bigint[])
                    with ordinality as u (queue_id, priority, body_kind, body, metadata, life_ms,
                        id, body_hash, delay_ms, deliver_at_ms, n)
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
            ),
            counted as (
                insert into queue_counter as c (queue_id, writer, updated_at, ready, delayed, sent, sent_bytes)
                select queue_id, ?, clock_timestamp(), count(*) filter (where not delayed), count(*) filter (where delayed),
                    count(*), sum(octet_length(body))
                from accepted
                group by queue_id
                order by queue_id
                on conflict (queue_id, writer) do update
                set updated_at = excluded.updated_at,
                    ready = c.ready + excluded.ready,
                    delayed = c.delayed + excluded.delayed,
                    sent = c.sent + excluded.sent,
                    sent_bytes = c.sent_bytes + excluded.sent_bytes
            )
            select n, position, now, visible_at, delayed
            from accepted
            """;

    /** The same for messages without an id and without a delay: about a quarter faster. */
    private static final String INSERT_PLAIN =
            """
            with request as materialized (
                select u.*, nextval('message_position') as position, clock_timestamp() as now
                from unnest(?::integer[], ?::smallint[], ?::smallint[], ?::bytea[], ?::text[], ?::bigint[])
                    with ordinality as u (queue_id, priority, body_kind, body, metadata, life_ms, n)
                where u.queue_id = any(array(select id from queue where id = any(?) and deleted_at is null))
            ),
            ready as (
                insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries,
                    body_kind, body, metadata, enqueued_at, expires_at)
                select queue_id, priority, position, now, 0, 0, 0,
                    body_kind, body, metadata, now, now + life_ms * interval '1 millisecond'
                from request
            ),
            counted as (
                insert into queue_counter as c (queue_id, writer, updated_at, ready, sent, sent_bytes)
                select queue_id, ?, clock_timestamp(), count(*), count(*), sum(octet_length(body))
                from request
                group by queue_id
                order by queue_id
                on conflict (queue_id, writer) do update
                set updated_at = excluded.updated_at,
                    ready = c.ready + excluded.ready,
                    sent = c.sent + excluded.sent,
                    sent_bytes = c.sent_bytes + excluded.sent_bytes
            )
            select n, position, now
            from request
            """;

    /**
     * The array of row addresses is built once, before the update starts, so that never more than the limit is claimed, and
     * the planner has no join to turn round when it believes the table empty. Rows are locked first and then counted by
     * their size, so that a claim takes no more bytes than it may, but one row at least when it may take any.
     * octet_length reads no body that stands outside its row. power() is bounded so that it cannot overflow.
     */
    static final String LEASE =
            """
            with leased as (
                update message
                set visible_at = clock_timestamp()
                        + (? + least(? * power(?, least(deliveries, 60)), ?)) * interval '1 millisecond',
                    lease_state = case when lease_state > 0 then 2 else 1 end,
                    lease_token = nextval('lease_token'),
                    leased_at = clock_timestamp(),
                    deliveries = deliveries + 1,
                    first_received_at = coalesce(first_received_at, clock_timestamp())
                where ctid = any(array(
                    select address
                    from (
                        select address, size, sum(size) over (rows unbounded preceding) as total
                        from (
                            select ctid as address, octet_length(body) as size
                            from message
                            where %s
                            order by queue_id, priority, position
                            limit ?
                            for update skip locked) locked) summed
                    where total <= ? or total = size and ?))
                returning queue_id, position, lease_token, deliveries, id, body_kind, body, metadata, enqueued_at,
                    first_received_at, visible_at, lease_state
            ),
            counted as (
                insert into queue_counter as c (queue_id, writer, updated_at,
                    ready, in_flight, received, redelivered, claimed_to)
                select max(queue_id), ?, clock_timestamp(),
                    - count(*) filter (where lease_state = 1), count(*) filter (where lease_state = 1),
                    count(*), count(*) filter (where deliveries > 1), max(position)
                from leased
                having count(*) > 0
                on conflict (queue_id, writer) do update
                set updated_at = excluded.updated_at,
                    ready = c.ready + excluded.ready,
                    in_flight = c.in_flight + excluded.in_flight,
                    received = c.received + excluded.received,
                    redelivered = c.redelivered + excluded.redelivered,
                    claimed_to = greatest(c.claimed_to, excluded.claimed_to)
            )
            select position, lease_token, deliveries, id, body_kind, body, metadata, enqueued_at, first_received_at, visible_at
            from leased
            """
                    .formatted(CLAIMABLE);

    private static final String ACK =
            """
            with acked as (
                delete from message
                where queue_id = ? and priority = ? and position = any(?) and lease_token = any(?)
                returning queue_id, position, id, lease_state, extract(epoch from clock_timestamp() - leased_at) * 1000 as millis
            ),
            processed as (
                update processed_id p
                set processed_at = clock_timestamp(), forget_at = clock_timestamp() + ? * interval '1 millisecond'
                where queue_id = ? and id = any(array(select id from acked where id is not null))
                    and position = any(array(select position from acked where id is not null))
            ),
            counted as (
                insert into queue_counter as c (queue_id, writer, updated_at, ready, in_flight, acked, latency_millis)
                select max(queue_id), ?, clock_timestamp(),
                    - count(*) filter (where lease_state <= 0), - count(*) filter (where lease_state > 0),
                    count(*), sum(round(millis))
                from acked
                having count(*) > 0
                on conflict (queue_id, writer) do update
                set updated_at = excluded.updated_at,
                    ready = c.ready + excluded.ready,
                    in_flight = c.in_flight + excluded.in_flight,
                    acked = c.acked + excluded.acked,
                    latency_millis = c.latency_millis + excluded.latency_millis
            )
            select position
            from acked
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
    public List<Sent> send(List<NewRow> rows) {
        Sent[] results = new Sent[rows.size()];
        FailureTranslation.translating(() -> {
            refuseOverCapacity(rows, results);
            return results;
        });
        transactions.once(() -> {
            insert(rows, open(results), results, new Tally());
            return results;
        });
        if (!open(results).isEmpty()) {
            transactions.after(() -> {
                Tally tally = new Tally();
                resolve(rows, results, tally);
                counters.add(tally);
            });
        }
        return Arrays.asList(results);
    }

    @Override
    void insert(List<NewRow> rows, List<Integer> open, Sent[] results, Tally tally) {
        if (open.isEmpty()) {
            return;
        }
        List<NewRow> group = open.size() == rows.size() ? rows : open.stream().map(rows::get).toList();
        boolean plain = group.stream().allMatch(PostgresMessageStore::plain);
        jdbc.query(
                plain ? INSERT_PLAIN : INSERT,
                statement -> {
                    setRows(statement, group);
                    int next = 7;
                    if (!plain) {
                        setIdsAndTimes(statement, group);
                        next = 11;
                    }
                    statement.setObject(next++, group.stream().mapToInt(NewRow::queueId).distinct().toArray());
                    if (!plain) {
                        statement.setLong(next++, NEAR_MILLIS);
                    }
                    statement.setLong(next, counters.writer());
                },
                (RowCallbackHandler) row -> {
                    int i = open.get(row.getInt(1) - 1);
                    MessageKey key = new MessageKey(rows.get(i).queueId(), rows.get(i).priority(), row.getLong(2));
                    Instant now = instant(row, 3);
                    results[i] = plain
                            ? new Sent.Stored(key, now, now, false)
                            : new Sent.Stored(key, now, instant(row, 4), row.getBoolean(5));
                });
    }

    private static boolean plain(NewRow row) {
        return row.id().isEmpty() && row.delay().isZero() && row.deliverAt().isEmpty();
    }

    private void setRows(PreparedStatement statement, List<NewRow> rows) throws SQLException {
        statement.setObject(1, rows.stream().mapToInt(NewRow::queueId).toArray());
        statement.setObject(2, rows.stream().mapToInt(NewRow::priority).toArray());
        statement.setObject(3, rows.stream().mapToInt(row -> row.body().kind().ordinal()).toArray());
        statement.setObject(4, rows.stream().map(row -> row.body().bytes()).toArray(byte[][]::new));
        statement.setObject(5, rows.stream().map(row -> metadata.write(row.metadata())).toArray(String[]::new));
        statement.setObject(6, rows.stream().mapToLong(row -> row.life().toMillis()).toArray());
    }

    private static void setIdsAndTimes(PreparedStatement statement, List<NewRow> rows) throws SQLException {
        statement.setObject(7, rows.stream().map(row -> row.id().orElse(null)).toArray(String[]::new));
        statement.setObject(8, rows.stream().map(NewRow::bodyHash).toArray(byte[][]::new));
        statement.setObject(9, rows.stream().mapToLong(row -> row.delay().toMillis()).toArray());
        statement.setObject(
                10,
                rows.stream()
                        .map(row -> row.deliverAt().map(PostgresMessageStore::ceilingMillis).orElse(null))
                        .toArray(Long[]::new));
    }

    /** Not early, not even by a part of a millisecond. */
    private static long ceilingMillis(Instant at) {
        return at.toEpochMilli() + (at.getNano() % 1_000_000 == 0 ? 0 : 1);
    }

    @Override
    public List<Claimed> claim(List<Claim> claims) {
        return claims.size() == 1
                ? List.of(claimAlone(claims.getFirst()))
                : transactions.write(() ->
                        claims.stream().map(claim -> claimWithOthers(claim, MOST_BYTES / claims.size())).toList());
    }

    private Claimed claimWithOthers(Claim claim, long mostBytes) {
        List<Lease> leases = new ArrayList<>();
        long bytesLeft = mostBytes;
        for (int priority = 0; priority < claim.levels() && leases.size() < claim.max() && bytesLeft > 0; priority++) {
            bytesLeft -= lease(claim, priority, bytesLeft, leases);
        }
        return claimed(claim, leases, bytesLeft);
    }

    /** Each level is a statement that commits itself; in most queues there is one. */
    private Claimed claimAlone(Claim claim) {
        List<Lease> leases = new ArrayList<>();
        long bytesLeft = MOST_BYTES;
        for (int priority = 0; priority < claim.levels() && leases.size() < claim.max() && bytesLeft > 0; priority++) {
            try {
                long most = bytesLeft;
                int level = priority;
                bytesLeft -= transactions.once(() -> lease(claim, level, most, leases));
            } catch (Refusal failure) {
                if (leases.isEmpty()) {
                    throw failure;
                }
                // those that are leased are somebody's already
                return new Claimed(leases, true);
            }
        }
        return claimed(claim, leases, bytesLeft);
    }

    private static Claimed claimed(Claim claim, List<Lease> leases, long bytesLeft) {
        boolean perhapsCut = !leases.isEmpty() && bytesLeft < QueueSettings.LARGEST_MESSAGE;
        return new Claimed(leases, leases.size() == claim.max() || perhapsCut);
    }

    /** Leases messages of one priority and adds them, in order. Returns the bytes of their bodies. */
    private long lease(Claim claim, int priority, long bytesLeft, List<Lease> leases) {
        QueueSettings settings = claim.settings();
        int max = claim.max() - leases.size();
        List<Lease> found = jdbc.query(
                LEASE,
                (row, n) -> {
                    int deliveries = row.getInt(3);
                    return new Lease(
                            new MessageKey(claim.queueId(), priority, row.getLong(1)),
                            row.getLong(2),
                            deliveries,
                            Optional.ofNullable(row.getString(4)),
                            new Body(KINDS[row.getInt(5)], row.getBytes(6)),
                            metadata.read(row.getString(7)),
                            instant(row, 8),
                            instant(row, 9),
                            instant(row, 10).minus(settings.retry().restAfter(deliveries)));
                },
                claim.visibilityTimeout().toMillis(),
                (double) settings.retry().initial().toMillis(),
                settings.retry().multiplier(),
                (double) settings.retry().max().toMillis(),
                claim.queueId(),
                priority,
                claim.from().getOrDefault(priority, 0L),
                mostDeliveries(claim),
                max,
                bytesLeft,
                leases.isEmpty(),
                counters.writer());
        if (found.size() > max) {
            throw new IllegalStateException("claimed " + found.size() + " of at most " + max);
        }
        found.sort(Comparator.comparing(Lease::key));
        leases.addAll(found);
        return found.stream().mapToLong(lease -> lease.body().bytes().length).sum();
    }

    @Override
    public List<Settled> settle(List<Settlement> settlements) {
        return alikeAcks(settlements) ? ackOnce(settlements) : super.settle(settlements);
    }

    /** What a busy consumer does: one statement is enough for it. */
    private static boolean alikeAcks(List<Settlement> settlements) {
        if (!(settlements.getFirst() instanceof Settlement.Ack first)) {
            return false;
        }
        Set<Long> positions = new HashSet<>();
        return settlements.stream().allMatch(settlement -> settlement instanceof Settlement.Ack ack
                && ack.key().queueId() == first.key().queueId()
                && ack.key().priority() == first.key().priority()
                && ack.processedRetention().equals(first.processedRetention())
                && positions.add(ack.key().position()));
    }

    private List<Settled> ackOnce(List<Settlement> settlements) {
        Map<Settlement, Settled> done = new HashMap<>();
        transactions.once(() -> {
            ack((Settlement.Ack) settlements.getFirst(), settlements, done, new Tally());
            return done;
        });
        if (done.size() < settlements.size()) {
            transactions.after(() -> settlements.forEach(
                    settlement -> done.computeIfAbsent(settlement, gone -> missing(gone.key()))));
        }
        return settlements.stream().map(done::get).toList();
    }

    /** The positions and tokens of a group, as its statements take them. */
    private record Keys(long[] positions, long[] tokens, Map<Long, Settlement> byPosition) {}

    private static Keys keys(List<Settlement> group) {
        Map<Long, Settlement> byPosition = new HashMap<>();
        group.forEach(settlement -> byPosition.put(settlement.key().position(), settlement));
        return new Keys(
                group.stream().mapToLong(settlement -> settlement.key().position()).toArray(),
                group.stream().mapToLong(Settlement::token).toArray(),
                byPosition);
    }

    @Override
    void ack(Settlement.Ack kind, List<Settlement> group, Map<Settlement, Settled> done, Tally countedByItself) {
        Keys keys = keys(group);
        jdbc.query(
                ACK,
                row -> {
                    done.put(keys.byPosition().get(row.getLong(1)), new Settled.Done(Optional.empty()));
                },
                kind.key().queueId(),
                kind.key().priority(),
                keys.positions(),
                keys.tokens(),
                kind.processedRetention().toMillis(),
                kind.key().queueId(),
                counters.writer());
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
