package dev.rowmq.model.message;

import java.time.Instant;
import java.util.Optional;

/**
 * The result of an ack, nack or extend of one receipt.
 *
 * @param leaseUntil new deadline of the lease, only with {@link Status#EXTENDED}
 */
public record SettleResult(String receipt, Status status, Optional<Instant> leaseUntil) {

    public enum Status {
        ACKED,
        NACKED,
        /** A nack of the last allowed delivery: the message is a dead letter. */
        DEAD,
        EXTENDED,
        /**
         * The message exists but is no longer under this lease: the lease ended, and another consumer may have the
         * message.
         */
        STALE,
        /** The message no longer exists: it was acked, purged or expired, or became a dead letter. */
        GONE,
        /** The text is not a receipt of this queue. */
        INVALID,
        /**
         * The partition of the message does not answer, or the message is in the memory of another process. Nothing was
         * changed; retry.
         */
        UNAVAILABLE,
        /** The connection to the partition broke during the change, which may or may not have happened; retry. */
        UNKNOWN
    }
}
