package dev.rowmq.api.rest.queue;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.queue.SendRate;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.Optional;

/** The rate limit of a queue in a request. */
@Schema(name = "SendRateSetting")
public record SendRateRequest(
        @Schema(
                example = "100",
                description = "1 to 1000000; 0 = no limit",
                requiredMode = Schema.RequiredMode.REQUIRED)
        Integer messagesPerSecond,

        @Schema(
                example = "100",
                description = "messages that may be sent at once after an idle time, 1 to 1000000; default:"
                        + " messagesPerSecond")
        Integer burst) {

    Optional<SendRate> rate() {
        if (messagesPerSecond == null) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST,
                    "sendRate.messagesPerSecond",
                    "sendRate.messagesPerSecond is missing; allowed is 1 to 1000000, or 0 for no limit");
        }
        if (burst != null) {
            RangeCheck.within("sendRate.burst", burst, 1, 1_000_000);
        }
        return messagesPerSecond == 0
                ? Optional.empty()
                : Optional.of(new SendRate(messagesPerSecond, burst == null ? 0 : burst));
    }
}
