package dev.rowmq.store;

import java.time.Instant;
import java.util.Optional;

/** What became of a {@link Settlement}. */
public sealed interface SettleOutcome {

    /** @param leaseUntil only of an extend */
    record Done(Optional<Instant> leaseUntil) implements SettleOutcome {}

    /** The message is there, but under another lease or none. */
    record Stale() implements SettleOutcome {}

    record Gone() implements SettleOutcome {}

    /**
     * Its partition did not answer, beside others that did.
     *
     * @param perhaps whether it may have been settled all the same
     */
    record Unsettled(boolean perhaps) implements SettleOutcome {}
}
