package dev.rowmq.api.rest.fanout;

import dev.rowmq.api.rest.message.SendBatchResult;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.fanout.PublishResult;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;

/** The result of a publish for one queue. */
@Schema(name = "PublishResult")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PublishedMessage(
        @Schema(example = "orders") String queue,
        String id,
        @Schema(allowableValues = {"accepted", "duplicate", "rejected"}) String status,
        Instant enqueuedAt,
        Instant visibleAt,
        ErrorCode code,
        String field,
        String detail) {

    public static PublishedMessage of(PublishResult published) {
        SendBatchResult item = SendBatchResult.of(0, published.result());
        return new PublishedMessage(
                published.queue(),
                item.id(),
                item.status(),
                item.enqueuedAt(),
                item.visibleAt(),
                item.code(),
                item.field(),
                item.detail());
    }
}
