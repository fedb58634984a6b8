package dev.rowmq.api.rest.settlement;

import dev.rowmq.api.rest.json.BodyJson;
import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.ReservedMetadata;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.Map;

/** A dead letter. */
@Schema(name = "DeadLetter")
@JsonInclude(JsonInclude.Include.NON_NULL)
@HotPathJson
public record DeadLetterResponse(
        String id,

        @Schema(allowableValues = {"max-deliveries", "expired"})
        String reason,

        String lastError,

        @Schema(implementation = Object.class)
        BodyJson body,

        String bodyBase64,
        Map<String, String> metadata,
        int priority,
        String group,
        int deliveries,
        Instant enqueuedAt,
        Instant firstReceivedAt,
        Instant deadAt) {

    public static DeadLetterResponse of(DeadLetter letter) {
        return new DeadLetterResponse(
                letter.id(),
                letter.reason().text(),
                letter.lastError().orElse(null),
                BodyJson.of(letter.body()),
                BodyJson.base64(letter.body()),
                ReservedMetadata.withoutGroup(letter.metadata()),
                letter.priority(),
                ReservedMetadata.group(letter.metadata()).orElse(null),
                letter.deliveries(),
                letter.enqueuedAt(),
                letter.firstReceivedAt().orElse(null),
                letter.deadAt());
    }
}
