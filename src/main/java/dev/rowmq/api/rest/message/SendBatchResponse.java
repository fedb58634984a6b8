package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** Response to a batch: one result per message, in the order of the request. */
@Schema(name = "BatchResults")
@HotPathJson
public record SendBatchResponse(List<SendBatchResult> results) {}
