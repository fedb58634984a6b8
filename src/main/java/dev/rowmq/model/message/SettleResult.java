package dev.rowmq.model.message;

import java.time.Instant;
import java.util.Optional;

/**
 * What an ack, nack or extend did with one receipt.
 *
 * @param leaseUntil the new end of the lease, only after {@link Status#EXTENDED}
 */
public record SettleResult(String receipt, Status status, Optional<Instant> leaseUntil) {

    public enum Status {
        ACKED,
        NACKED,
        /** A nack of the last allowed delivery: the message is a dead letter. */
        DEAD,
        EXTENDED,
        /** The lease ended; the message is or was someone else's. */
        STALE,
        /** No such message any more: acked before, purged, expired, or a dead letter. */
        GONE,
        /** Not a receipt of this queue. */
        INVALID,
        /**
         * The partition that has the message does not answer, or it is in the memory of another process; nothing was
         * changed, try again.
         */
        UNAVAILABLE,
        /** The partition broke off during the change, which may have happened or not; try again. */
        UNKNOWN
    }
}
