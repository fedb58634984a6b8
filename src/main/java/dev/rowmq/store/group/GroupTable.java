package dev.rowmq.store.group;

import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.group.GroupClaims.LockedGroup;
import dev.rowmq.store.sql.JdbcMessageStore;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;

/** The rows of groups as claims use them: when to look at which group. */
final class GroupTable {

    /** When to look again at a group whose first message waits for a job that removes it. */
    private static final Duration JOB_PAUSE = Duration.ofMillis(500);

    /** The least time until the next look; also for a group that another transaction has locked. */
    private static final Duration LOCKED_PAUSE = Duration.ofMillis(50);

    private static final String REMOVE_MEMBER =
            "delete from group_member where queue_id = ? and group_id = ? and position = ?";

    private final JdbcTemplate jdbc;
    private final String lockingClause;
    /** As the index on {@code next_at} has it. */
    private final String queueColumn;

    GroupTable(JdbcTemplate jdbc, DatabaseSupport database) {
        this.jdbc = jdbc;
        this.lockingClause = database.lockingClause();
        this.queueColumn = database.shared() ? "queue_id + 0" : "queue_id";
    }

    /** Locks the groups that may have free messages, those first that may have had them for longest. */
    List<LockedGroup> lock(int queueId, int most) {
        return jdbc.query(
                """
                select group_id, head
                from message_group
                where %1$s = ? and next_at <= (select clock_timestamp())
                order by %1$s, next_at
                fetch first ? rows only
                """.formatted(queueColumn) + lockingClause,
                (row, n) -> new LockedGroup(row.getString(1), row.getLong(2)),
                queueId,
                most);
    }

    /** The time of the database. */
    Instant clock() {
        return jdbc.queryForObject("select clock_timestamp()", (row, n) -> JdbcMessageStore.instant(row, 1));
    }

    /** Writes when the groups are looked at again, and removes members and groups that have no message any more. */
    void write(int queueId, ClaimPlan plan) {
        Instant soon = plan.waitsForJob() ? clock().plus(JOB_PAUSE) : Instant.EPOCH;
        List<Object[]> stale = new ArrayList<>();
        List<Object[]> changed = new ArrayList<>();
        List<Object[]> empty = new ArrayList<>();
        for (ClaimPlan.GroupPlan group : plan.groups()) {
            group.stale().forEach(position -> stale.add(new Object[] {queueId, group.name(), position}));
            if (group.empty()) {
                empty.add(new Object[] {queueId, group.name()});
            } else if (group.nextAt(soon).isPresent()) {
                changed.add(new Object[] {
                    group.nextAt(soon).get().atOffset(ZoneOffset.UTC), group.newHead(), queueId, group.name()
                });
            }
        }
        batch(REMOVE_MEMBER, stale);
        batch(
                """
                update message_group
                set next_at = least(?, clock_timestamp() + interval '30' second), head = ?
                where queue_id = ? and group_id = ?
                """,
                changed);
        batch("delete from message_group where queue_id = ? and group_id = ?", empty);
    }

    void removeMembers(List<Object[]> rows) {
        batch(REMOVE_MEMBER, rows);
    }

    private void batch(String sql, List<Object[]> rows) {
        if (!rows.isEmpty()) {
            jdbc.batchUpdate(sql, rows);
        }
    }

    /** How long until a group may have a free message; 0s = no group has messages. */
    Duration nextLook(int queueId) {
        List<Duration> left = jdbc.query(
                """
                select next_at, clock_timestamp()
                from message_group
                where %1$s = ?
                order by %1$s, next_at
                fetch first 1 rows only
                """.formatted(queueColumn),
                (row, n) ->
                        Duration.between(JdbcMessageStore.instant(row, 2), JdbcMessageStore.instant(row, 1)),
                queueId);
        if (left.isEmpty()) {
            return Duration.ZERO;
        }
        return left.getFirst().compareTo(LOCKED_PAUSE) < 0 ? LOCKED_PAUSE : left.getFirst();
    }
}
