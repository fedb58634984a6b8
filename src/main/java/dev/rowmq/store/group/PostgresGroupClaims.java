package dev.rowmq.store.group;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.QueueCounters;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;

/** Claims in groups on PostgreSQL, with one statement for the members of all groups, and one for all leases. */
public final class PostgresGroupClaims extends GroupClaims {

    /** Every look-up is one by a whole key, or by a range of it in its order, so that no plan reads the whole queue. */
    private static final String MEMBERS = """
        select k.group_id, g.position, m.visible_at, m.expires_at, m.deliveries, m.size, d.due_at, clock_timestamp(),
            m.lease_state > 0
        from unnest(?::text[], ?::bigint[]) with ordinality as k (group_id, head, n)
        cross join lateral (
            select position
            from group_member
            where queue_id = ? and group_id = k.group_id and position >= k.head
            order by queue_id, group_id, position
            limit ?) g
        left join lateral (
            select visible_at, expires_at, deliveries, octet_length(body) as size, lease_state
            from message
            where queue_id = ? and priority = 0 and position = g.position
            offset 0) m on true
        left join lateral (
            select due_at
            from delayed_message
            where m.visible_at is null and position = g.position
            offset 0) d on true
        order by k.n, g.position
        """;

    /** A row that another transaction is changing is left out. */
    private static final String LEASE = """
        update message
        set visible_at = clock_timestamp()
                + (? + least(? * power(?, least(deliveries, 60)), ?)) * interval '1 millisecond',
            lease_state = case when lease_state > 0 then 2 else 1 end,
            lease_token = nextval('lease_token'),
            leased_at = clock_timestamp(),
            deliveries = deliveries + 1,
            first_received_at = coalesce(first_received_at, leased_at)
        where ctid = any(array(
            select free.ctid
            from unnest(?::bigint[]) as k (position)
            cross join lateral (
                select ctid
                from message
                where queue_id = ? and priority = 0 and position = k.position and visible_at <= clock_timestamp()
                for update skip locked) free))
        returning position, lease_token, deliveries, id, body_kind, body, metadata, enqueued_at,
            coalesce(first_received_at, leased_at), visible_at, lease_state
        """;

    private final MetadataJson metadata;

    public PostgresGroupClaims(
            JdbcTemplate jdbc,
            MetadataJson metadata,
            Transactions transactions,
            QueueCounters counters,
            DatabaseSupport database) {
        super(jdbc, transactions, counters, database);
        this.metadata = metadata;
    }

    @Override
    Map<String, List<GroupMember>> members(ClaimRequest request, List<LockedGroup> groups, int most) {
        Map<String, List<GroupMember>> members = new HashMap<>();
        int queueId = request.queueId();
        jdbc.query(
                MEMBERS,
                row -> {
                    members.computeIfAbsent(row.getString(1), any -> new ArrayList<>())
                            .add(GroupMember.of(
                                    row.getLong(2),
                                    JdbcMessageStore.instant(row, 8),
                                    JdbcMessageStore.instant(row, 3),
                                    row.getBoolean(9),
                                    JdbcMessageStore.instant(row, 4),
                                    request.settings().usedUp(row.getInt(5)),
                                    row.getInt(6),
                                    JdbcMessageStore.instant(row, 7)));
                },
                groups.stream().map(LockedGroup::name).toArray(String[]::new),
                groups.stream().mapToLong(LockedGroup::head).toArray(),
                queueId,
                most,
                queueId);
        return members;
    }

    @Override
    List<LeasedMember> lease(ClaimRequest request, List<Long> positions) {
        QueueSettings settings = request.settings();
        return jdbc.query(
                LEASE,
                (row, n) -> {
                    int deliveries = row.getInt(3);
                    Instant visibleAt = JdbcMessageStore.instant(row, 10);
                    Lease lease = new Lease(
                            new MessageKey(request.queueId(), 0, row.getLong(1)),
                            row.getLong(2),
                            deliveries,
                            Optional.ofNullable(row.getString(4)),
                            new Body(JdbcMessageStore.KINDS[row.getInt(5)], row.getBytes(6)),
                            metadata.read(row.getString(7)),
                            JdbcMessageStore.instant(row, 8),
                            JdbcMessageStore.instant(row, 9),
                            visibleAt.minus(settings.retry().backoffAfter(deliveries)));
                    return new LeasedMember(lease, row.getInt(11) == 1, visibleAt);
                },
                request.visibilityTimeout().toMillis(),
                (double) settings.retry().initial().toMillis(),
                settings.retry().multiplier(),
                (double) settings.retry().max().toMillis(),
                positions.stream().mapToLong(Long::longValue).toArray(),
                request.queueId());
    }
}
