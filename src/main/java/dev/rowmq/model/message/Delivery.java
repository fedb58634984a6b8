package dev.rowmq.model.message;

import java.time.Instant;
import java.util.Map;

/**
 * A message leased to one consumer.
 *
 * @param receipt      identifies this lease only
 * @param deliveries   number of this delivery; 1 = the first
 * @param fencingToken increases with each delivery of the same message
 * @param leaseUntil   deadline of the lease, by the database's clock
 */
public record Delivery(
        String id,
        String receipt,
        Body body,
        Map<String, String> metadata,
        int priority,
        int deliveries,
        long fencingToken,
        Instant enqueuedAt,
        Instant firstReceivedAt,
        Instant leaseUntil) {}
