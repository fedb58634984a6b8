package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.BodyJson;
import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ReservedMetadata;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/** A message in a queue, read without leasing it. */
@Schema(name = "Message")
@JsonInclude(JsonInclude.Include.NON_NULL)
@HotPathJson
public record MessageResponse(
        String id,

        @Schema(allowableValues = {"ready", "delayed", "inFlight"})
        String state,

        @Schema(implementation = Object.class)
        BodyJson body,

        String bodyBase64,
        Map<String, String> metadata,
        int priority,
        String group,
        int deliveries,
        Instant enqueuedAt,

        @Schema(description = "time of the next possible delivery, unless the message is settled before")
        Instant visibleAt,

        Instant expiresAt,
        Instant firstReceivedAt,
        String lastError) {

    public static MessageResponse of(MessageView view) {
        return new MessageResponse(
                view.id(),
                view.state() == MessageView.State.IN_FLIGHT ? "inFlight" : view.state().name().toLowerCase(Locale.ROOT),
                BodyJson.of(view.body()),
                BodyJson.base64(view.body()),
                ReservedMetadata.withoutGroup(view.metadata()),
                view.priority(),
                ReservedMetadata.group(view.metadata()).orElse(null),
                view.deliveries(),
                view.enqueuedAt(),
                view.visibleAt(),
                view.expiresAt(),
                view.firstReceivedAt().orElse(null),
                view.lastError().orElse(null));
    }
}
