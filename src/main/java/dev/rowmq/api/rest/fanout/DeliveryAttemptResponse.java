package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.DeliveryReport;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.time.Instant;

/** One call to a receiver. */
@Schema(name = "DeliveryAttempt")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeliveryAttemptResponse(
        Instant at,
        @Schema(description = "id of the first message") String id,
        int messages,
        @Schema(description = "HTTP status of the response; absent when there was none") Integer status,
        @Schema(type = "string", example = "12ms") Duration took,
        @Schema(description = "absent after success") String error) {

    public static DeliveryAttemptResponse of(DeliveryReport.Attempt attempt) {
        return new DeliveryAttemptResponse(
                attempt.at(),
                attempt.messageId(),
                attempt.messages(),
                attempt.status() == 0 ? null : attempt.status(),
                Duration.ofMillis(attempt.millis()),
                attempt.error().isEmpty() ? null : attempt.error());
    }
}
