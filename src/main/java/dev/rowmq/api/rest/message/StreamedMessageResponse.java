package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.BodyJson;
import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.ReservedMetadata;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.Map;

/** The data of a stream event: a copy of a message. */
@Schema(name = "Copy")
@JsonInclude(JsonInclude.Include.NON_NULL)
@HotPathJson
public record StreamedMessageResponse(
        String id,

        @Schema(implementation = Object.class)
        BodyJson body,

        String bodyBase64,
        Map<String, String> metadata,
        int priority,
        String group,
        Instant enqueuedAt) {

    public static StreamedMessageResponse of(StreamedMessage copy) {
        return new StreamedMessageResponse(
                copy.id(),
                BodyJson.of(copy.body()),
                BodyJson.base64(copy.body()),
                ReservedMetadata.withoutGroup(copy.metadata()),
                copy.priority(),
                ReservedMetadata.group(copy.metadata()).orElse(null),
                copy.enqueuedAt());
    }
}
