package dev.rowmq.api.rest.fanout;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** Response to a publish: one result per bound queue whose filter matches the message. */
@Schema(name = "PublishResults")
public record PublishResponse(
        @Schema(description = "one for each bound queue whose filter matches the message")
        List<PublishedMessage> results) {}
