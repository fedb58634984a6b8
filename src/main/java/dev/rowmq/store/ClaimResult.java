package dev.rowmq.store;

import java.util.List;

/**
 * The leases of a claim, in the order of the keys.
 *
 * @param more  whether the claim stopped before the last message, at a limit or after a failure
 * @param nanos duration of the claim in nanoseconds
 */
public record ClaimResult(List<Lease> leases, boolean more, long nanos) {}
