package dev.rowmq.model.message;

import java.time.Instant;

/** A producer's id of a message that was acked. */
public record ProcessedId(String id, Instant enqueuedAt, Instant processedAt) {}
