package dev.rowmq.store;

import java.time.Duration;
import java.util.List;

/**
 * The leases of a claim, in the order of the keys.
 *
 * @param more  whether the claim stopped before the last message, at a limit or after a failure
 * @param nanos duration of the claim in nanoseconds
 * @param again when no message was leased: the time after which one may be available; 0s = not known
 */
public record ClaimResult(List<Lease> leases, boolean more, long nanos, Duration again) {

    public ClaimResult(List<Lease> leases, boolean more, long nanos) {
        this(leases, more, nanos, Duration.ZERO);
    }
}
