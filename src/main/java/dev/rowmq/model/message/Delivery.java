package dev.rowmq.model.message;

import java.time.Instant;
import java.util.Map;

/**
 * A message leased to one consumer.
 *
 * @param receipt      belongs to this lease only
 * @param deliveries   1 for the first delivery
 * @param fencingToken greater with each delivery of the same message
 * @param leaseUntil   by the database's clock
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
