package dev.rowmq.api.rest.queue;

import dev.rowmq.model.queue.RetryPolicy;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.util.Objects;

/** The retry policy in a request; a null field keeps its value. */
@Schema(name = "RetryPolicy")
public record RetryRequest(
        @Schema(
                type = "string",
                example = "1s",
                description = "delay after the first failed delivery, 0s (no delays at all) to 12h")
        Duration initial,

        @Schema(example = "2", description = "factor between one delay and the next, 1 to 100")
        Double multiplier,

        @Schema(type = "string", example = "15m", description = "maximum delay, 0s to 7d")
        Duration max) {

    public RetryPolicy over(RetryPolicy before) {
        return new RetryPolicy(
                Objects.requireNonNullElse(initial, before.initial()),
                Objects.requireNonNullElse(multiplier, before.multiplier()),
                Objects.requireNonNullElse(max, before.max()));
    }
}
