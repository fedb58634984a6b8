package dev.rowmq.store.group;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.QueueCounters;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;

/** Claims in groups on H2, row by row: the process is alone on its file, and no statement has a round trip. */
public final class H2GroupClaims extends GroupClaims {

    private static final String MEMBERS = """
        select g.position, m.visible_at, m.expires_at, m.deliveries, octet_length(m.body), d.due_at, m.lease_state
        from (
            select position
            from group_member
            where queue_id = ? and group_id = ? and position >= ?
            order by queue_id, group_id, position
            fetch first ? rows only) g
        left join message m on m.queue_id = ? and m.priority = 0 and m.position = g.position
        left join delayed_message d on d.position = g.position
        order by g.position
        """;

    private static final String READ = """
        select lease_state, deliveries, id, body_kind, body, metadata, enqueued_at, first_received_at,
            nextval('lease_token')
        from message
        where queue_id = ? and priority = 0 and position = ? and visible_at <= ?
        """;

    private static final String LEASE = """
        update message
        set visible_at = ?, lease_state = 1, lease_token = ?, leased_at = ?, deliveries = ?, first_received_at = ?
        where queue_id = ? and priority = 0 and position = ?
        """;

    private final MetadataJson metadata;

    public H2GroupClaims(
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
        Instant now = table.clock();
        Map<String, List<GroupMember>> members = new HashMap<>();
        for (LockedGroup group : groups) {
            members.put(
                    group.name(),
                    jdbc.query(
                            MEMBERS,
                            (row, n) -> GroupMember.of(
                                    row.getLong(1),
                                    now,
                                    JdbcMessageStore.instant(row, 2),
                                    row.getInt(7) > 0,
                                    JdbcMessageStore.instant(row, 3),
                                    request.settings().usedUp(row.getInt(4)),
                                    row.getInt(5),
                                    JdbcMessageStore.instant(row, 6)),
                            request.queueId(),
                            group.name(),
                            group.head(),
                            most,
                            request.queueId()));
        }
        return members;
    }

    @Override
    List<LeasedMember> lease(ClaimRequest request, List<Long> positions) {
        Instant now = table.clock().truncatedTo(ChronoUnit.MICROS);
        List<LeasedMember> all = new ArrayList<>();
        for (long position : positions) {
            all.addAll(jdbc.query(
                    READ,
                    (row, n) -> {
                        int deliveries = row.getInt(2) + 1;
                        Instant first = JdbcMessageStore.instant(row, 8);
                        Instant until = now.plus(request.visibilityTimeout());
                        Lease lease = new Lease(
                                new MessageKey(request.queueId(), 0, position),
                                row.getLong(9),
                                deliveries,
                                Optional.ofNullable(row.getString(3)),
                                new Body(JdbcMessageStore.KINDS[row.getInt(4)], row.getBytes(5)),
                                metadata.read(row.getString(6)),
                                JdbcMessageStore.instant(row, 7),
                                first == null ? now : first,
                                until);
                        return new LeasedMember(
                                lease,
                                row.getInt(1) <= 0,
                                until.plus(request.settings().retry().backoffAfter(deliveries)));
                    },
                    request.queueId(),
                    position,
                    now.atOffset(ZoneOffset.UTC)));
        }
        if (!all.isEmpty()) {
            jdbc.batchUpdate(LEASE, all, all.size(), (statement, leased) -> {
                Lease lease = leased.lease();
                statement.setObject(1, leased.visibleAt().atOffset(ZoneOffset.UTC));
                statement.setLong(2, lease.token());
                statement.setObject(3, now.atOffset(ZoneOffset.UTC));
                statement.setInt(4, lease.deliveries());
                statement.setObject(5, lease.firstReceivedAt().atOffset(ZoneOffset.UTC));
                statement.setInt(6, request.queueId());
                statement.setLong(7, lease.key().position());
            });
        }
        return all;
    }
}
