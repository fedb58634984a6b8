package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** Response to an ack, a nack or an extend: one result per receipt, in the order of the request. */
@Schema(name = "SettleResults")
@HotPathJson
public record SettleResponse(List<SettledReceipt> results) {}
