package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.Schema;

/** The data of a stream event that reports messages that the client missed. */
@Schema(name = "Dropped")
@HotPathJson
public record DroppedResponse(
        @Schema(description = "messages for which the client was too slow; 1 also for a partition that does not answer")
        long messages) {}
