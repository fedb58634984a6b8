package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.model.message.SettleResult;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.Locale;

/** The result for one receipt of an ack, a nack or an extend. */
@Schema(name = "Settled")
@JsonInclude(JsonInclude.Include.NON_NULL)
@HotPathJson
public record SettledReceipt(
        String receipt,

        @Schema(
                allowableValues = {
                    "acked",
                    "nacked",
                    "dead",
                    "extended",
                    "stale",
                    "gone",
                    "invalid",
                    "unavailable",
                    "unknown"
                })
        String status,

        @Schema(description = "only after an extend") Instant leaseUntil) {

    public static SettledReceipt of(SettleResult result) {
        return new SettledReceipt(
                result.receipt(), result.status().name().toLowerCase(Locale.ROOT), result.leaseUntil().orElse(null));
    }
}
