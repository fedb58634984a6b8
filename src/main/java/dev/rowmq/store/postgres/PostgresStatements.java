package dev.rowmq.store.postgres;

import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.store.sql.JdbcMessageStore;

/**
 * The SQL of the hot path on PostgreSQL. Each statement processes a whole group. The INSERT statements, LEASE and ACK
 * also update the counters; the others return lease states, from which the caller counts.
 */
final class PostgresStatements {

    /**
     * The sub-select on queue is an array and not a join, so that positions are drawn in the order of the group. The
     * ids are inserted in their own order, so that two instances with the same ids wait for each other and do not
     * deadlock. A recorded id that is not the message's own is a deduplication key, which is forgotten after a while.
     */
    static final String INSERT = """
        with request as materialized (
            select u.*, nextval('message_position') as position, clock_timestamp() as now
            from unnest(?::integer[], ?::smallint[], ?::smallint[], ?::bytea[], ?::text[], ?::bigint[],
                    ?::bigint[], ?::text[], ?::bytea[], ?::bigint[], ?::bigint[], ?::boolean[], ?::text[])
                with ordinality as u (queue_id, priority, body_kind, body, metadata, life_ms,
                    writer, id, body_hash, delay_ms, deliver_at_ms, own_life, recorded_id, n)
            where u.queue_id = any(array(select id from queue where id = any(?) and deleted_at is null))
        ),
        timed as materialized (
            select *, greatest(now, coalesce(to_timestamp(deliver_at_ms / 1000.0), now
                    + delay_ms * interval '1 millisecond')) as visible_at
            from request
        ),
        fresh as (
            insert into processed_id (queue_id, id, priority, position, body_hash, enqueued_at, visible_at, forget_at)
            select queue_id, recorded_id, priority, position, body_hash, now, visible_at,
                case when id is null then now + interval '%d seconds' end
            from timed
            where recorded_id is not null
            order by queue_id, recorded_id, n
            on conflict (queue_id, id) do nothing
            returning position
        ),
        accepted as materialized (
            select *, visible_at > now + ? * interval '1 millisecond' as delayed
            from timed
            where recorded_id is null or position = any(array(select position from fresh))
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
        expiring as (
            insert into message_expiry (expires_at, queue_id, priority, position)
            select visible_at + life_ms * interval '1 millisecond', queue_id, priority, position
            from accepted
            where own_life
        ),
        counted as (
            insert into queue_counter as c (queue_id, writer, updated_at, ready, delayed, sent, sent_bytes)
            select queue_id, max(writer), clock_timestamp(), count(*) filter (where not delayed),
                count(*) filter (where delayed), count(*), sum(octet_length(body))
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
        """.formatted(FifoRules.DEDUPLICATION_WINDOW.toSeconds());

    /** The same for messages without an id, a delay and a ttl of their own: about a quarter faster. */
    static final String INSERT_PLAIN = """
        with request as materialized (
            select u.*, nextval('message_position') as position, clock_timestamp() as now
            from unnest(?::integer[], ?::smallint[], ?::smallint[], ?::bytea[], ?::text[], ?::bigint[],
                    ?::bigint[])
                with ordinality as u (queue_id, priority, body_kind, body, metadata, life_ms, writer, n)
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
            select queue_id, max(writer), clock_timestamp(), count(*), count(*), sum(octet_length(body))
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
     * The array of row addresses is built once, before the update starts, so that never more than the limit is claimed,
     * and the planner has no join to reverse when its statistics show an empty table. Rows are locked first and then
     * counted by their size, so that a claim takes no more bytes than it may, except for its first row. octet_length
     * reads no body that is stored outside its row. power() is bounded so that it cannot overflow. The first lease does
     * not write first_received_at, which is leased_at until the second: the columns from the body on stay as they are,
     * and PostgreSQL leaves the unchanged end of a row out of its log.
     */
    static final String LEASE = """
        with free as materialized (
            select ctid as address, octet_length(body) as size
            from message
            where %s
            order by queue_id, priority, position
            limit ?
            for update skip locked
        ),
        leased as (
            update message
            set visible_at = clock_timestamp()
                    + (? + least(? * power(?, least(deliveries, 60)), ?)) * interval '1 millisecond',
                lease_state = case when lease_state > 0 then 2 else 1 end,
                lease_token = nextval('lease_token'),
                leased_at = clock_timestamp(),
                deliveries = deliveries + 1,
                first_received_at = coalesce(first_received_at, leased_at)
            where ctid = any(array(
                select address
                from (select address, size, sum(size) over (rows unbounded preceding) as total from free) summed
                where total <= ? or total = size and ?))
            returning queue_id, position, lease_token, deliveries, id, body_kind, body, metadata, enqueued_at,
                coalesce(first_received_at, leased_at) as first_received_at, visible_at, lease_state
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
        select position, lease_token, deliveries, id, body_kind, body, metadata, enqueued_at, first_received_at,
            visible_at, (select count(*) from free)
        from leased
        """.formatted(JdbcMessageStore.CLAIMABLE);

    /**
     * The addresses of a group's rows that are still under their lease. Parameters: positions, tokens, queue, priority.
     * A condition like {@code position = any(?)} is planned, with the statistics of an empty table, as a scan of the
     * whole queue and a filter; a look-up by the whole key for each row cannot be. A row that another transaction
     * changes at this moment is missed, as its address changes: the caller checks the missed rows and tries again.
     */
    private static final String HELD = """
        array(
                select held.ctid
                from unnest(?::bigint[], ?::bigint[]) as k (position, token)
                cross join lateral (
                    select ctid
                    from message
                    where queue_id = ? and priority = ? and position = k.position and lease_token = k.token
                    offset 0) held)\
        """;

    static final String ACK = """
        with acked as (
            delete from message
            where ctid = any(%s)
            returning queue_id, position, id, lease_state, extract(epoch from clock_timestamp() - leased_at) * 1000
                as millis
        ),
        processed as (
            update processed_id p
            set processed_at = clock_timestamp(), forget_at = clock_timestamp() + ? * interval '1 millisecond'
            where ctid = any(array(
                select known.ctid
                from acked
                cross join lateral (
                    select ctid
                    from processed_id
                    where queue_id = ? and id = acked.id and position = acked.position
                    offset 0) known))
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
        """.formatted(HELD);

    static final String RELEASE = """
        update message
        set visible_at = clock_timestamp() + ? * interval '1 millisecond',
            lease_state = - abs(lease_state),
            lease_token = 0,
            last_error = coalesce(?, last_error)
        where ctid = any(%s)
        returning position, - lease_state
        """.formatted(HELD);

    static final String RELEASE_LATER = """
        with released as (
            delete from message
            where ctid = any(%s)
            returning *
        ),
        kept as (
            insert into delayed_message (queue_id, due_at, position, priority, deliveries, id, body_kind, body,
                metadata, enqueued_at, expires_at, first_received_at, last_error)
            select queue_id, clock_timestamp() + ? * interval '1 millisecond', position, priority, deliveries, id,
                body_kind, body, metadata, enqueued_at, expires_at, coalesce(first_received_at, leased_at),
                coalesce(?, last_error)
            from released
        )
        select position, lease_state
        from released
        """.formatted(HELD);

    static final String EXTEND = """
        update message
        set visible_at = least(clock_timestamp() + ? * interval '1 millisecond', leased_at + ?
                * interval '1 millisecond') + ? * interval '1 millisecond',
            lease_state = case when lease_state > 0 then 2 else 1 end
        where ctid = any(%s)
        returning position, lease_state, visible_at - ? * interval '1 millisecond'
        """.formatted(HELD);

    private PostgresStatements() {}
}
