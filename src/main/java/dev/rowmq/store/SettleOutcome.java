package dev.rowmq.store;

import java.time.Instant;
import java.util.Optional;

/** The outcome of a {@link Settlement}. */
public sealed interface SettleOutcome {

    /** @param leaseUntil the deadline of an extended lease; empty for other settlements */
    record Done(Optional<Instant> leaseUntil) implements SettleOutcome {}

    /** The message exists, but under another lease or none. */
    record Stale() implements SettleOutcome {}

    record Gone() implements SettleOutcome {}

    /**
     * The settlement failed, and others in the same call may have succeeded: its partition or its statement failed, or
     * other transactions kept changing its row.
     *
     * @param perhaps whether the message may have been settled nevertheless
     */
    record Unsettled(boolean perhaps) implements SettleOutcome {}
}
