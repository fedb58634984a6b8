package dev.rowmq.api.rest.queue;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;

/** The retry policy of a queue. */
@Schema(name = "Retry")
public record RetryResponse(
        @Schema(type = "string", example = "0s") Duration initial,
        double multiplier,
        @Schema(type = "string", example = "15m") Duration max) {}
