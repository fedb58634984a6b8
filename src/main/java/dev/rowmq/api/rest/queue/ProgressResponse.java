package dev.rowmq.api.rest.queue;

import io.swagger.v3.oas.annotations.media.Schema;

/** The progress of a bulk operation. */
@Schema(name = "Progress")
public record ProgressResponse(
        @Schema(description = "messages removed so far") long messages,
        @Schema(description = "whether the operation continues in the background") boolean running) {}
