package dev.rowmq.store.postgres;

/**
 * The SQL of {@code BulkStore} on PostgreSQL, with one statement for each set. A statement finds its rows by an index
 * and in its order, and changes them by their addresses. So it reads a constant number of pages for each row,
 * independent of the planner's statistics. A row that another transaction changes at this moment is missed; the next
 * set finds it.
 */
final class PostgresBulkStatements {

    /** As {@link dev.rowmq.model.message.key.GeneratedId#of}. */
    private static final String GENERATED_ID =
            """
            (lpad(to_hex(queue_id), 8, '0') || '0000800' || to_hex(priority::integer)
                    || to_hex((position & 4611686018427387903) | (1::bigint << 63)))::uuid::text""";

    /** Keeps the ids of the messages in {@code gone} for the queue's retention from now on. Parameter: end reason. */
    static final String RELEASED =
            """
            released as (
                update processed_id
                set forget_at = clock_timestamp()
                        + (select processed_retention_ms from queue where id = processed_id.queue_id)
                        * interval '1 millisecond',
                    ended = ?
                where ctid = any(array(
                    select known.ctid
                    from gone
                    cross join lateral (
                        select ctid
                        from processed_id
                        where queue_id = gone.queue_id and id = gone.id and position = gone.position
                        offset 0) known
                    where gone.id is not null))
            )""";

    /** The first rows in {@code found} whose bodies fit, at least one. Parameter: maximum bytes. */
    static final String WITHIN_BYTES =
            """
            due as materialized (
                select address, position
                from (
                    select address, position, size, sum(size) over (rows unbounded preceding) as total
                    from found) summed
                where total <= ? or total = size
            )""";

    /** Removes the messages in {@code due}. Parameter: end reason. */
    private static final String REMOVED =
            """
            gone as (
                delete from message
                where ctid = any(array(select address from due))
                returning queue_id, position, id, lease_state
            ),
            %s
            select count(*) filter (where lease_state > 0), count(*) filter (where lease_state <= 0),
                (select max(position) from due)
            from gone"""
                    .formatted(RELEASED);

    /** Parameters: queue, priority, after, through, maximum deliveries, maximum rows. */
    static final String END_LEASES =
            """
            with due as materialized (
                select ctid as address, position
                from message
                where queue_id = ? and priority = ? and position > ? and position <= ?
                    and visible_at <= clock_timestamp() and lease_state > 0 and deliveries < ?
                order by queue_id, priority, position
                limit ?
                for update skip locked
            ),
            gone as (
                update message
                set lease_state = 0
                where ctid = any(array(select address from due))
                returning lease_state
            )
            select count(*), 0, (select max(position) from due)
            from gone
            """;

    private static final String BURY =
            """
            with found as materialized (
                select ctid as address, position, octet_length(body) as size
                from message
                where queue_id = ? and priority = ? and position > ? and position <= ?
                    and visible_at <= clock_timestamp() and %s
                order by queue_id, priority, position
                limit ?
                for update skip locked
            ),
            %s,
            gone as (
                delete from message
                where ctid = any(array(select address from due))
                returning *
            ),
            kept as (
                insert into dead_letter (queue_id, position, priority, id, id_given, reason, deliveries, body_kind,
                    body, metadata, enqueued_at, first_received_at, last_error, dead_at)
                select queue_id, position, priority, coalesce(id, %s), id is not null, ?, deliveries, body_kind,
                    body, metadata, enqueued_at, coalesce(first_received_at, leased_at), last_error, clock_timestamp()
                from gone
            )
            select count(*) filter (where lease_state > 0), count(*) filter (where lease_state <= 0),
                (select max(position) from due)
            from gone
            """;

    /** Parameters: queue, priority, after, through, maximum deliveries, maximum rows, maximum bytes, reason. */
    static final String BURY_USED_UP = BURY.formatted("deliveries >= ?", WITHIN_BYTES, GENERATED_ID);

    /** Parameters: queue, priority, after, through, maximum rows, maximum bytes, reason. */
    static final String BURY_EXPIRED = BURY.formatted("expires_at <= clock_timestamp()", WITHIN_BYTES, GENERATED_ID);

    /** Parameters: queue, priority, after, through, maximum rows, end reason. */
    static final String EXPIRE =
            """
            with due as materialized (
                select ctid as address, position
                from message
                where queue_id = ? and priority = ? and position > ? and position <= ?
                    and expires_at <= clock_timestamp() and visible_at <= clock_timestamp()
                order by queue_id, priority, position
                limit ?
                for update skip locked
            ),
            %s
            """
                    .formatted(REMOVED);

    /** Parameters: priorities, positions, queue, end reason. */
    static final String EXPIRE_BY_KEY =
            """
            with due as materialized (
                select over.address, over.position
                from unnest(?::integer[], ?::bigint[]) as k (priority, position)
                cross join lateral (
                    select ctid as address, position
                    from message
                    where queue_id = ? and priority = k.priority and position = k.position
                        and expires_at <= clock_timestamp() and visible_at <= clock_timestamp()
                    for update skip locked) over
            ),
            %s
            """
                    .formatted(REMOVED);

    /** Parameters: queue, through, maximum rows, end reason. */
    private static final String PURGE_TEXT =
            """
            with due as materialized (
                select ctid as address, position
                from message
                where queue_id = ? and position + 0 <= ?
                order by queue_id, priority, position
                limit ?
                for update %s
            ),
            %s
            """;

    /** Skips rows that other transactions lock: those may lock rows in another order. */
    static final String PURGE = PURGE_TEXT.formatted("skip locked", REMOVED);

    /**
     * Waits for rows that other transactions lock. Use it for one row only, so that no two transactions wait for each
     * other.
     */
    static final String PURGE_LOCKED = PURGE_TEXT.formatted("", REMOVED);

    /**
     * Parameters: queue, through, maximum rows, end reason. The sum keeps the planner from using the unique index on
     * position.
     */
    static final String PURGE_DELAYED =
            """
            with due as materialized (
                select ctid as address, position
                from delayed_message
                where queue_id = ? and position + 0 <= ?
                order by queue_id, due_at, position
                limit ?
                for update
            ),
            gone as (
                delete from delayed_message
                where ctid = any(array(select address from due))
                returning queue_id, position, id
            ),
            %s
            select count(*), 0, (select max(position) from due)
            from gone
            """
                    .formatted(RELEASED);

    /** Parameters: queue, milliseconds from now, maximum rows, maximum bytes. */
    static final String MOVE_DUE =
            """
            with found as materialized (
                select ctid as address, position, octet_length(body) as size
                from delayed_message
                where queue_id = ?
                    and due_at <= (select clock_timestamp()) + cast(? as bigint) * interval '0.001' second
                order by queue_id, due_at, position
                limit ?
                for update skip locked
            ),
            %s,
            gone as (
                delete from delayed_message
                where ctid = any(array(select address from due))
                returning *
            ),
            kept as (
                insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
                    body_kind, body, metadata, enqueued_at, expires_at, first_received_at, last_error)
                select queue_id, priority, position, due_at, 0, 0, deliveries, id,
                    body_kind, body, metadata, enqueued_at, expires_at, first_received_at, last_error
                from gone
            )
            select count(*), 0, (select max(position) from due)
            from gone
            """
                    .formatted(WITHIN_BYTES);

    /** Parameter: maximum rows. */
    static final String FORGET_IDS =
            """
            with due as materialized (
                select ctid as address
                from processed_id
                where forget_at <= (select clock_timestamp())
                order by forget_at
                limit ?
                for update skip locked
            ),
            gone as (
                delete from processed_id
                where ctid = any(array(select address from due))
                returning 1
            )
            select count(*), 0, (select count(*) from due)
            from gone
            """;

    /** Parameters: queue, maximum rows. No order is needed, as all rows of the queue are removed. */
    static final String SWEEP =
            """
            delete from %s
            where ctid = any(array(
                select ctid
                from %s
                where queue_id = ?
                limit ?))
            """;

    private PostgresBulkStatements() {}
}
