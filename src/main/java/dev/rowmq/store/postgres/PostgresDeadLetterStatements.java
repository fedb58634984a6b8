package dev.rowmq.store.postgres;

/** The SQL of {@link PostgresBulkStore} for dead letters. Each statement changes one set and counts its rows. */
final class PostgresDeadLetterStatements {

    private PostgresDeadLetterStatements() {}

    /** Parameters: queue, maximum rows. */
    private static final String FIRST =
            """
            found as materialized (
                select ctid as address, position, octet_length(body) as size
                from dead_letter
                where queue_id = ?
                order by queue_id, position
                limit ?
                for update
            )""";

    /** Parameters: positions, queue. */
    private static final String BY_POSITION =
            """
            found as materialized (
                select letter.address, letter.position, letter.size
                from unnest(?::bigint[]) as wanted (position)
                cross join lateral (
                    select ctid as address, position, octet_length(body) as size
                    from dead_letter
                    where queue_id = ? and position = wanted.position
                    for update) letter
            )""";

    /** Parameters: queue, minimum age in milliseconds, maximum rows. */
    private static final String OLD =
            """
            found as materialized (
                select ctid as address, position, octet_length(body) as size
                from dead_letter
                where queue_id = ?
                    and dead_at <= (select clock_timestamp()) - cast(? as bigint) * interval '0.001' second
                order by queue_id, dead_at
                limit ?
                for update skip locked
            )""";

    private static final String REDRIVE =
            """
            with %s,
            %s,
            gone as (
                delete from dead_letter
                where ctid = any(array(select address from due))
                returning *
            ),
            kept as (
                insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
                    body_kind, body, metadata, enqueued_at, expires_at)
                select queue_id, priority, position, clock_timestamp(), 0, 0, 0, case when id_given then id end,
                    body_kind, body, metadata, enqueued_at,
                    clock_timestamp() + cast(? as bigint) * interval '0.001' second
                from gone
            )
            select count(*), 0, (select max(position) from found)
            from gone
            """;

    private static final String DELETE =
            """
            with %s,
            gone as (
                delete from dead_letter
                where ctid = any(array(select address from found))
                returning queue_id, position, case when id_given then id end as id
            ),
            %s
            select count(*), 0, (select max(position) from found)
            from gone
            """;

    static final String REDRIVE_FIRST = REDRIVE.formatted(FIRST, PostgresBulkStatements.WITHIN_BYTES);
    static final String REDRIVE_BY_POSITION = REDRIVE.formatted(BY_POSITION, PostgresBulkStatements.WITHIN_BYTES);
    static final String DELETE_FIRST = DELETE.formatted(FIRST, PostgresBulkStatements.RELEASED);
    static final String DELETE_BY_POSITION = DELETE.formatted(BY_POSITION, PostgresBulkStatements.RELEASED);
    static final String DELETE_OLD = DELETE.formatted(OLD, PostgresBulkStatements.RELEASED);
}
