package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.queue.EndReason;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;

/** Response to a send: the id of the message, and whether it was stored now or earlier. */
@Schema(name = "Sent")
@HotPathJson
public record SendResponse(
        String id,
        @Schema(allowableValues = {"accepted", "duplicate"}) String status,
        @JsonInclude(JsonInclude.Include.NON_NULL)
                @Schema(allowableValues = {"purged", "expired", "deleted"}, description = SendResponse.FIRST)
                String first,
        Instant enqueuedAt,
        Instant visibleAt) {

    static final String FIRST = "only for a duplicate whose first message ended without an ack: how it ended";

    public static SendResponse of(SendResult.Stored stored) {
        return new SendResponse(
                stored.id(),
                stored.duplicate() ? "duplicate" : "accepted",
                stored.first().map(EndReason::text).orElse(null),
                stored.enqueuedAt(),
                stored.visibleAt());
    }
}
