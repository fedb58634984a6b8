package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.message.SendResult;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;

/** The result of one message of a batch: stored, or rejected with the reason. */
@Schema(name = "BatchResult")
@JsonInclude(JsonInclude.Include.NON_NULL)
@HotPathJson
public record SendBatchResult(
        int index,
        String id,
        @Schema(allowableValues = {"accepted", "duplicate", "rejected"}) String status,
        @Schema(allowableValues = {"purged", "expired", "deleted"}, description = SendResponse.FIRST) String first,
        Instant enqueuedAt,
        Instant visibleAt,
        ErrorCode code,
        String field,
        String detail) {

    public static SendBatchResult of(int index, SendResult result) {
        return switch (result) {
            case SendResult.Stored stored -> {
                SendResponse sent = SendResponse.of(stored);
                yield new SendBatchResult(
                        index, sent.id(), sent.status(), sent.first(), sent.enqueuedAt(), sent.visibleAt(), null,
                        null, null);
            }
            case SendResult.Rejected rejected -> new SendBatchResult(
                    index,
                    null,
                    "rejected",
                    null,
                    null,
                    null,
                    rejected.fault().code(),
                    rejected.fault().field().isEmpty() ? null : rejected.fault().field(),
                    rejected.fault().detail());
        };
    }
}
