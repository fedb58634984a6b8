package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.util.List;

/** Request: extend leases. */
@Schema(name = "Extend")
@HotPathJson
public record ExtendRequest(
        @Schema(description = "1 to 1000 receipts", requiredMode = Schema.RequiredMode.REQUIRED)
        List<String> receipts,

        @Schema(
                type = "string",
                example = "60s",
                description = "time from now until the lease ends, 0s to 12h; default: the queue's")
        Duration visibilityTimeout) {}
