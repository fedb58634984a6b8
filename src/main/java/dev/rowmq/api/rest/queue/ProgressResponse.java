package dev.rowmq.api.rest.queue;

import io.swagger.v3.oas.annotations.media.Schema;

/** The progress of a bulk operation. */
@Schema(name = "Progress")
public record ProgressResponse(
        @Schema(description = "messages done with so far") long messages,
        @Schema(description = "whether the work goes on by itself") boolean running) {}
