package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.BodyJson;
import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.api.rest.json.PriorityReader;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.NewMessage;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

import tools.jackson.databind.annotation.JsonDeserialize;

/** Request: send one message. Exactly one of {@code body} and {@code bodyBase64} is given. */
@Schema(name = "NewMessage")
@HotPathJson
public record SendRequest(
        @Schema(
                implementation = Object.class,
                description = "any text, or any JSON value except null; JSON is kept byte for byte except for "
                        + "white space between its parts; names within an object must differ")
        BodyJson body,

        @Schema(description = "the body as bytes in base64 (RFC 4648, section 4), in place of body")
        String bodyBase64,

        @Schema(
                example = "order-1042",
                description = "1 to 100 printable characters; a message sent again with the same id is stored once")
        String id,

        @Schema(example = "{\"type\": \"order.created\"}", description = "up to 10 text entries")
        Map<String, String> metadata,

        @JsonDeserialize(using = PriorityReader.class)
        @Schema(example = "0", description = "a whole number; outside the queue's levels it means the lowest level")
        Integer priority,

        @Schema(type = "string", example = "10s", description = "delay before the first delivery, 0s to 365d")
        Duration delay,

        @Schema(example = "2026-12-01T08:00:00Z", description = "delay as a time (RFC 3339), up to 365d from now")
        Instant deliverAt,

        @Schema(type = "string", example = "1h", description = "lifetime once visible, 1s to 365d")
        Duration ttl,

        @Schema(
                example = "customer-7",
                description = "message group, 1 to 128 printable ASCII characters; required by a FIFO queue, which"
                        + " delivers the messages of a group in order, one receive at a time")
        String group) {

    public NewMessage message() {
        return new NewMessage(
                readBody(),
                Optional.ofNullable(id),
                metadata == null ? Map.of() : metadata,
                Map.of(),
                priority == null ? Integer.MAX_VALUE : priority,
                Optional.ofNullable(delay),
                Optional.ofNullable(deliverAt),
                Optional.ofNullable(ttl),
                Optional.ofNullable(group),
                Optional.empty());
    }

    private Body readBody() {
        if ((body == null) == (bodyBase64 == null)) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST,
                    "body",
                    "send exactly one of body and bodyBase64; they hold the message");
        }
        if (body != null) {
            return body.body();
        }
        try {
            return new Body(Body.Kind.BYTES, Base64.getDecoder().decode(bodyBase64));
        } catch (IllegalArgumentException notBase64) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST,
                    "bodyBase64",
                    "bodyBase64 is not base64 (RFC 4648, section 4): " + notBase64.getMessage());
        }
    }
}
