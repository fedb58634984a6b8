package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;

/** An id given by a producer whose message was acknowledged, with the times of send and ack. */
@Schema(name = "Processed")
@HotPathJson
public record ProcessedIdResponse(String id, Instant enqueuedAt, Instant processedAt) {}
