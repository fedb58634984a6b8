package dev.rowmq.store.sql;

import dev.rowmq.store.sql.GroupRows.GroupKey;
import dev.rowmq.store.sql.GroupRows.Member;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Puts dead letters of FIFO queues back into their groups, within the caller's transaction. */
@Component
public class GroupRedrive {

    /** Maximum dead letters that one transaction makes messages again. */
    private static final int SET = 1000;

    private final JdbcTemplate jdbc;
    private final FifoQueues fifo;
    private final GroupRows groups;

    GroupRedrive(JdbcTemplate jdbc, FifoQueues fifo, GroupRows groups) {
        this.jdbc = jdbc;
        this.fifo = fifo;
        this.groups = groups;
    }

    /** Locks the groups of dead letters that are to become messages again, and adds these to them. */
    public void prepare(int queueId, Collection<Long> positions) {
        if (!fifo.contains(queueId)) {
            return;
        }
        List<Member> members = new ArrayList<>();
        for (long position : new TreeSet<>(positions)) {
            jdbc.query(
                    "select metadata from dead_letter where queue_id = ? and position = ?",
                    row -> {
                        groups.group(queueId, row.getString(1))
                                .ifPresent(group -> members.add(new Member(group, position)));
                    },
                    queueId,
                    position);
        }
        groups.lock(new TreeSet<>(members.stream().map(Member::group).toList()));
        addAgain(members);
    }

    /** As {@link #prepare}, for the first dead letters. Returns their positions; empty for a standard queue. */
    public List<Long> prepareFirst(int queueId, int most) {
        if (!fifo.contains(queueId)) {
            return List.of();
        }
        List<Long> positions = jdbc.queryForList(
                """
                select position
                from dead_letter
                where queue_id = ?
                order by queue_id, position
                fetch first ? rows only
                """,
                Long.class,
                queueId,
                Math.min(most, SET));
        prepare(queueId, positions);
        return positions;
    }

    /** Adds messages with their former positions to groups that the transaction has locked. */
    private void addAgain(List<Member> members) {
        for (Member member : members) {
            GroupKey group = member.group();
            Object[] key = {group.queueId(), group.group(), member.position()};
            if (jdbc.queryForList(
                            "select 1 from group_member where queue_id = ? and group_id = ? and position = ?",
                            Integer.class,
                            key)
                    .isEmpty()) {
                groups.add(List.of(member));
            }
            jdbc.update(
                    """
                    update message_group
                    set head = least(head, ?), next_at = clock_timestamp()
                    where queue_id = ? and group_id = ?
                    """,
                    member.position(),
                    group.queueId(),
                    group.group());
        }
    }
}
