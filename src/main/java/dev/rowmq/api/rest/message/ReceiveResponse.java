package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.api.rest.json.TrackedResponse;

import com.fasterxml.jackson.annotation.JsonIgnore;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Response to a receive.
 *
 * @param wanted      returns whether the client still waits for the messages; a client gone unnoticed counts as waiting
 * @param undelivered called when the messages could not be delivered to the client
 */
@Schema(name = "Deliveries")
@HotPathJson
public record ReceiveResponse(
        List<DeliveryResponse> messages,
        @JsonIgnore @Schema(hidden = true) BooleanSupplier wanted,
        @JsonIgnore @Schema(hidden = true) Runnable undelivered)
        implements TrackedResponse {

    @Override
    @JsonIgnore
    public boolean isEmpty() {
        return messages.isEmpty();
    }

    @Override
    @JsonIgnore
    public boolean isWanted() {
        return wanted.getAsBoolean();
    }

    @Override
    public void onUndelivered() {
        undelivered.run();
    }
}
