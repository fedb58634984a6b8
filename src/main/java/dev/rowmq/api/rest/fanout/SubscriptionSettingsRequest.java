package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.Subscription;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;

/** What a {@code PUT} changes: what is null stays as it is. */
@Schema(name = "SubscriptionSettings")
public record SubscriptionSettingsRequest(
        @Schema(
                example = "https://example.com/orders",
                description = "where messages are posted to; needed for a new subscription")
        String url,

        @Schema(example = "4", description = "calls at a time on each instance of the service, 1 to 64; default 4")
        Integer workers,

        @Schema(
                example = "1",
                description = "messages in one call, 1 to 100; default 1. With 2 and more a call is always JSON")
        Integer batchSize,

        @Schema(type = "string", example = "15s", description = "of a whole call, 1s to 5m; default 15s")
        Duration timeout,

        @Schema(description = "of a new subscription: " + SecretRotationRequest.SECRET)
        String secret) {

    public Subscription.Settings over(Subscription.Settings before) {
        return new Subscription.Settings(
                url == null ? before.url() : url,
                workers == null ? before.workers() : workers,
                batchSize == null ? before.batchSize() : batchSize,
                timeout == null ? before.timeout() : timeout);
    }
}
