package dev.rowmq.store.group;

import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.group.GroupClaims.LockedGroup;
import dev.rowmq.store.sql.JdbcMessageStore;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which messages of which groups each receiver gets. The messages of a group go to one receiver, in order, from the
 * first one on. A receiver gets as many as it wants from a group before it gets some of the next.
 */
final class ClaimPlan {

    /** What a claim does with one group. */
    static final class GroupPlan {

        private final LockedGroup group;
        private final List<GroupMember> members;
        private final List<Long> free = new ArrayList<>();
        private final List<Integer> sizes = new ArrayList<>();
        private final List<Long> stale = new ArrayList<>();
        /** The first member that can be delivered some time, or is about to be removed; null = none. */
        private GroupMember first;
        private boolean waitsForJob;
        private int planned;
        private Instant leasedUntil;
        /** Whether there may be members after these. */
        private final boolean cut;
        /** When the last lease of another receiver ends; null = none has messages of the group. */
        private Instant heldUntil;

        GroupPlan(LockedGroup group, List<GroupMember> members, boolean cut) {
            this.group = group;
            this.members = members;
            this.cut = cut;
            members.stream().filter(GroupMember::gone).map(GroupMember::position).forEach(stale::add);
            members.stream()
                    .filter(GroupMember::leased)
                    .map(GroupMember::freeAt)
                    .max(Comparator.naturalOrder())
                    .ifPresentOrElse(until -> heldUntil = until, this::read);
            first = members.stream().filter(member -> !member.gone()).findFirst().orElse(null);
        }

        private void read() {
            for (GroupMember member : members) {
                if (member.gone()) {
                    continue;
                }
                switch (member.state()) {
                    case FREE -> {
                        free.add(member.position());
                        sizes.add(member.size());
                    }
                    case EXPIRED -> waitsForJob = true;
                    case USED_UP -> {
                        waitsForJob = true;
                        return;
                    }
                    case HIDDEN -> {
                        return;
                    }
                    default -> throw new IllegalStateException(member.toString());
                }
            }
        }

        String name() {
            return group.name();
        }

        List<Long> stale() {
            return stale;
        }

        /** Whether no message of the group is left. */
        boolean empty() {
            return first == null && !cut;
        }

        /** The lowest position that a message of the group may have. */
        long newHead() {
            return first != null ? first.position() : stale.isEmpty() ? group.head() : stale.getLast() + 1;
        }

        /**
         * When the group is to be looked at again; empty = at any time, as it was not the turn of its messages.
         *
         * @param soon the time to use for a group that waits for a job
         */
        Optional<Instant> nextAt(Instant soon) {
            if (leasedUntil != null || heldUntil != null) {
                return Optional.of(leasedUntil != null ? leasedUntil : heldUntil);
            }
            if (!free.isEmpty()) {
                return Optional.empty();
            }
            if (first != null && first.state() == GroupMember.MemberState.HIDDEN) {
                // not before the message is free, and not forever when its job is late
                return Optional.of(first.freeAt());
            }
            return waitsForJob ? Optional.of(soon) : Optional.of(Instant.EPOCH);
        }
    }

    private final List<GroupPlan> groups = new ArrayList<>();
    private final List<List<Long>> positions = new ArrayList<>();
    private final Map<Long, GroupPlan> owners = new HashMap<>();
    private final boolean complete;

    /**
     * @param members the first members of each group; none for a group without messages
     * @param cut     the groups that may have more members
     */
    ClaimPlan(
            List<LockedGroup> locked, Map<String, List<GroupMember>> members, Set<String> cut,
            List<ClaimRequest> requests) {
        for (LockedGroup group : locked) {
            groups.add(new GroupPlan(
                    group, members.getOrDefault(group.name(), List.of()), cut.contains(group.name())));
        }
        complete = distribute(requests);
    }

    /** Returns whether every receiver got as many messages as it wanted, or no more bodies fit. */
    private boolean distribute(List<ClaimRequest> requests) {
        requests.forEach(any -> positions.add(new ArrayList<>()));
        int receiver = 0;
        long bytes = 0;
        for (GroupPlan group : groups) {
            while (receiver < requests.size() && positions.get(receiver).size() == requests.get(receiver).max()) {
                receiver++;
            }
            if (receiver == requests.size()) {
                return true;
            }
            List<Long> own = positions.get(receiver);
            for (int i = 0; i < group.free.size() && own.size() < requests.get(receiver).max(); i++) {
                bytes += group.sizes.get(i);
                if (bytes > JdbcMessageStore.MAX_BYTES && !owners.isEmpty()) {
                    return true;
                }
                own.add(group.free.get(i));
                owners.put(group.free.get(i), group);
                group.planned++;
            }
        }
        for (int i = receiver; i < requests.size(); i++) {
            if (positions.get(i).size() < requests.get(i).max()) {
                return false;
            }
        }
        return true;
    }

    List<GroupPlan> groups() {
        return groups;
    }

    /** The positions of the messages for a receiver, in the order of its groups and within them. */
    List<Long> positions(int receiver) {
        return positions.get(receiver);
    }

    /** Whether a group waits for a job that removes its first message. */
    boolean waitsForJob() {
        return groups.stream().anyMatch(group -> group.waitsForJob);
    }

    boolean complete() {
        return complete;
    }

    /** Whether a group has free messages and none of them is leased. */
    boolean left() {
        return groups.stream().anyMatch(group -> group.planned == 0 && !group.free.isEmpty());
    }

    /** Records the end of a lease. Claims leave its group out until the first recorded end. */
    void leasedUntil(long position, Instant until) {
        GroupPlan group = owners.get(position);
        group.leasedUntil = group.leasedUntil == null || until.isBefore(group.leasedUntil) ? until : group.leasedUntil;
    }
}
