package dev.rowmq.model.message;

import java.time.Instant;

/** A producer's id whose message was acked. */
public record ProcessedId(String id, Instant enqueuedAt, Instant processedAt) {}
