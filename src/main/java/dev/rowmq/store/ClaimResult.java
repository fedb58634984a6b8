package dev.rowmq.store;

import java.util.List;

/**
 * What a claim got, in the order of the keys.
 *
 * @param more  whether it ended before the messages did: there may be more right behind
 * @param nanos how long it took
 */
public record ClaimResult(List<Lease> leases, boolean more, long nanos) {}
