package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** Request: acknowledge leased messages. */
@Schema(name = "Ack")
@HotPathJson
public record AckRequest(
        @Schema(description = "1 to 1000 receipts", requiredMode = Schema.RequiredMode.REQUIRED)
        List<String> receipts) {}
