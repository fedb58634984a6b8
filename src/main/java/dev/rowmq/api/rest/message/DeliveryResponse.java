package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.BodyJson;
import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.ReservedMetadata;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.Map;

/** A leased message. */
@Schema(name = "Delivery")
@JsonInclude(JsonInclude.Include.NON_NULL)
@HotPathJson
public record DeliveryResponse(
        String id,

        @Schema(description = "opaque; settles this delivery only")
        String receipt,

        @Schema(implementation = Object.class)
        BodyJson body,

        String bodyBase64,
        Map<String, String> metadata,
        int priority,

        @JsonInclude(JsonInclude.Include.ALWAYS) @Schema(types = {"string", "null"})
        String group,

        @Schema(description = "1 for the first delivery") int deliveries,

        @Schema(description = "increases with each delivery of the message")
        long fencingToken,

        Instant enqueuedAt,
        Instant firstReceivedAt,
        Instant leaseUntil) {

    public static DeliveryResponse of(Delivery delivery) {
        return new DeliveryResponse(
                delivery.id(),
                delivery.receipt(),
                BodyJson.of(delivery.body()),
                BodyJson.base64(delivery.body()),
                ReservedMetadata.withoutGroup(delivery.metadata()),
                delivery.priority(),
                delivery.group().orElse(null),
                delivery.deliveries(),
                delivery.fencingToken(),
                delivery.enqueuedAt(),
                delivery.firstReceivedAt(),
                delivery.leaseUntil());
    }
}
