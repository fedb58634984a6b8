package dev.rowmq.model.message;

import java.time.Instant;

/** A producer's id whose message was acked. */
public record Processed(String id, Instant enqueuedAt, Instant processedAt) {}
