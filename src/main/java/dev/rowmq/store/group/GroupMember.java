package dev.rowmq.store.group;

import java.time.Instant;

/**
 * A message of a group, as a claim reads it.
 *
 * @param state  what a claim can do with it
 * @param freeAt when a leased or hidden message can be leased; null for others
 * @param size   bytes of the body
 */
record GroupMember(long position, MemberState state, Instant freeAt, int size) {

    enum MemberState {
        FREE,
        /** Another receiver has it. */
        LEASED,
        /** Delayed, or given back with a backoff. */
        HIDDEN,
        /** Delivered as often as its queue allows: a job makes it a dead letter. */
        USED_UP,
        /** Never delivered again: a job removes it. */
        EXPIRED,
        /** Acked, or gone otherwise. */
        GONE
    }

    boolean gone() {
        return state == MemberState.GONE;
    }

    boolean leased() {
        return state == MemberState.LEASED;
    }

    /**
     * Reads the state from the columns of a message.
     *
     * @param leased    whether a lease of it has not been settled
     * @param visibleAt null when the message is not in the table {@code message}
     * @param dueAt     null when the message is not delayed
     */
    static GroupMember of(
            long position, Instant now, Instant visibleAt, boolean leased, Instant expiresAt, boolean usedUp, int size,
            Instant dueAt) {
        if (visibleAt == null) {
            return dueAt == null
                    ? new GroupMember(position, MemberState.GONE, null, 0)
                    : new GroupMember(position, MemberState.HIDDEN, dueAt, 0);
        }
        if (visibleAt.isAfter(now)) {
            return new GroupMember(position, leased ? MemberState.LEASED : MemberState.HIDDEN, visibleAt, size);
        }
        MemberState state =
                !expiresAt.isAfter(now) ? MemberState.EXPIRED : usedUp ? MemberState.USED_UP : MemberState.FREE;
        return new GroupMember(position, state, null, size);
    }
}
