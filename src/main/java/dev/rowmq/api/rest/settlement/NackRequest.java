package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.util.List;

/** Request: return leased messages to the queue. */
@Schema(name = "Nack")
@HotPathJson
public record NackRequest(
        @Schema(description = "1 to 1000 receipts", requiredMode = Schema.RequiredMode.REQUIRED)
        List<String> receipts,

        @Schema(
                type = "string",
                example = "10s",
                description = "delay before the next delivery, 0s to 365d; default: by the queue's retry")
        Duration delay,

        @Schema(example = "card declined", description = "stored with the message, up to 1000 characters")
        String error) {}
