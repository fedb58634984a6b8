package dev.rowmq.model.message;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A message leased to one consumer.
 *
 * @param position     increases with each message of a group
 * @param receipt      identifies this lease only
 * @param deliveries   number of this delivery; 1 = the first
 * @param fencingToken increases with each delivery of the same message
 * @param leaseUntil   deadline of the lease, by the database's clock
 */
public record Delivery(
        String id,
        long position,
        String receipt,
        Body body,
        Map<String, String> metadata,
        int priority,
        int deliveries,
        long fencingToken,
        Instant enqueuedAt,
        Instant firstReceivedAt,
        Instant leaseUntil) {

    /** The message group; empty for a message without one. */
    public Optional<String> group() {
        return ReservedMetadata.group(metadata);
    }
}
