package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.HotPathJson;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** Response to a redrive. */
@Schema(name = "Redriven")
@JsonInclude(JsonInclude.Include.NON_NULL)
@HotPathJson
public record RedriveResponse(
        @Schema(description = "messages put back so far") long messages,
        @Schema(description = "whether the redrive continues in the background") boolean running,
        @Schema(description = "the ids that were found; absent with all") List<String> ids) {}
