package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.HotPathJson;

import com.fasterxml.jackson.annotation.JsonProperty;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;

/** Request: lease messages. */
@Schema(name = "Receive")
@HotPathJson
public record ReceiveRequest(
        @Schema(example = "10", defaultValue = "1", description = "maximum messages, 1 to 1000")
        Integer max,

        @Schema(
                type = "string",
                example = "20s",
                defaultValue = "0s",
                description = "maximum wait for the first message, 0s to 60s")
        @JsonProperty("wait")
        Duration waitTime,

        @Schema(
                type = "string",
                example = "30s",
                description = "duration of the leases, 0s to 12h; default: the queue's")
        Duration visibilityTimeout) {}
