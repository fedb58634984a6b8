package dev.rowmq.store.h2;

import dev.rowmq.store.sql.JdbcMessageStore;

/** The SQL of the hot path on H2: rows are read and then changed one by one by their full key. */
final class H2Statements {

    static final String KNOWN = """
        select 1
        from processed_id
        where queue_id = ? and id = ?
        """;

    static final String REMEMBER = """
        insert into processed_id (queue_id, id, priority, position, body_hash, enqueued_at, visible_at, forget_at)
        values (?, ?, ?, ?, ?, ?, ?, ?)
        """;

    static final String INSERT = """
        insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
            body_kind, body, metadata, enqueued_at, expires_at)
        values (?, ?, ?, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?)
        """;

    static final String INSERT_DELAYED = """
        insert into delayed_message (queue_id, priority, position, due_at, deliveries, id,
            body_kind, body, metadata, enqueued_at, expires_at)
        values (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)
        """;

    static final String INSERT_EXPIRY = """
        insert into message_expiry (expires_at, queue_id, priority, position)
        values (?, ?, ?, ?)
        """;

    static final String FREE = """
        select position, lease_state, deliveries, id, body_kind, body, metadata, enqueued_at, first_received_at,
            nextval('lease_token')
        from message
        where queue_id = ? and priority = ? and position > ?
            and visible_at <= ?
            and expires_at > ?
            and deliveries < ?
        order by queue_id, priority, position
        fetch first ? rows only
        """;

    static final String SIZES = """
        select octet_length(body)
        from message
        where %s
        order by queue_id, priority, position
        fetch first ? rows only
        """.formatted(JdbcMessageStore.CLAIMABLE);

    static final String LEASE = """
        update message
        set visible_at = ?, lease_state = ?, lease_token = ?, leased_at = ?, deliveries = ?, first_received_at = ?
        where queue_id = ? and priority = ? and position = ?
        """;

    /** New positions, in the order of the rows that receive them. */
    static final String POSITIONS = """
        select nextval('message_position')
        from system_range(1, ?)
        """;

    static final String SIZE = """
        select octet_length(body)
        from message
        where queue_id = ? and priority = ? and position = ?
        """;

    /** By a range of positions, which H2 finds by the key; it does not find a list of positions by the key. */
    static final String HELD = """
        select position, lease_token, lease_state, id, leased_at
        from message
        where queue_id = ? and priority = ? and position between ? and ?
        """;

    static final String ACK = """
        delete from message
        where queue_id = ? and priority = ? and position = ?
        """;

    static final String PROCESSED = """
        update processed_id
        set processed_at = ?, forget_at = ?
        where queue_id = ? and id = ? and position = ?
        """;

    static final String RELEASE = """
        update message
        set visible_at = ?, lease_state = 0, lease_token = 0, last_error = coalesce(?, last_error)
        where queue_id = ? and priority = ? and position = ?
        """;

    static final String MOVE_LATER = """
        insert into delayed_message (queue_id, due_at, position, priority, deliveries, id, body_kind, body, metadata,
            enqueued_at, expires_at, first_received_at, last_error)
        select queue_id, ?, position, priority, deliveries, id, body_kind, body, metadata,
            enqueued_at, expires_at, first_received_at, coalesce(?, last_error)
        from message
        where queue_id = ? and priority = ? and position = ?
        """;

    static final String EXTEND = """
        update message
        set visible_at = ?, lease_state = 1
        where queue_id = ? and priority = ? and position = ?
        """;

    private H2Statements() {}
}
