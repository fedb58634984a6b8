package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** Request: move dead letters back into the queue, by id or all. */
@Schema(name = "Redrive")
@HotPathJson
public record RedriveRequest(
        @Schema(description = "1 to 1000 ids; in place of all") List<String> ids,

        @Schema(description = "true for all dead letters; in place of ids")
        Boolean all,

        @Schema(example = "100", description = "maximum rate, 1 to 10000; only with all")
        Integer messagesPerSecond) {}
