package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;

/** The record of a producer's id whose message was acknowledged. */
@Schema(name = "Processed")
@HotPathJson
public record ProcessedIdResponse(String id, Instant enqueuedAt, Instant processedAt) {}
