package dev.rowmq.store;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.key.MessageKey;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** A lease on a message. */
public record Lease(
        MessageKey key,
        long token,
        int deliveries,
        Optional<String> id,
        Body body,
        Map<String, String> metadata,
        Instant enqueuedAt,
        Instant firstReceivedAt,
        Instant leaseUntil) {}
