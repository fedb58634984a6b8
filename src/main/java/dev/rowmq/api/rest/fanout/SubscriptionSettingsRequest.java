package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.Subscription;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;

/** The settings that a {@code PUT} changes; a null field keeps its value. */
@Schema(name = "SubscriptionSettings")
public record SubscriptionSettingsRequest(
        @Schema(
                example = "https://example.com/orders",
                description = "address to which messages are posted; required for a new subscription")
        String url,

        @Schema(example = "4", description = "concurrent calls on each instance of the service, 1 to 64; default 4")
        Integer workers,

        @Schema(
                example = "1",
                description = "maximum messages in a call, 1 to 100; default 1. With 2 or more, calls are always JSON")
        Integer batchSize,

        @Schema(type = "string", example = "15s", description = "timeout of a whole call, 1s to 5m; default 15s")
        Duration timeout,

        @Schema(description = "only for a new subscription: " + SecretRotationRequest.SECRET)
        String secret) {

    public Subscription.Settings over(Subscription.Settings before) {
        return new Subscription.Settings(
                url == null ? before.url() : url,
                workers == null ? before.workers() : workers,
                batchSize == null ? before.batchSize() : batchSize,
                timeout == null ? before.timeout() : timeout);
    }
}
