package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.DeliveryReport;
import dev.rowmq.model.fanout.Subscription;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A subscription with its state and, in reads, a report of its deliveries. */
@Schema(name = "Subscription")
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record SubscriptionResponse(
        @Schema(example = "billing") String name,
        String url,
        int workers,
        int batchSize,
        @Schema(type = "string", example = "15s") Duration timeout,

        @Schema(allowableValues = {"active", "paused", "disabled"})
        String state,

        @Schema(description = "the receiver's response with status 410; absent unless disabled")
        Optional<String> disabledBecause,

        Instant createdAt,

        @Schema(description = "secret that signs calls; only in the response to a create or a rotation")
        Optional<String> secret,

        @Schema(description = "time until which calls are also signed with the previous secret")
        Optional<Instant> oldSecretUntil,

        @Schema(description = "absent in the response to a create or a change")
        Optional<SubscriptionDeliveriesResponse> deliveries) {

    public static SubscriptionResponse of(
            Subscription subscription, boolean withSecret, Optional<DeliveryReport> report) {
        Subscription.Settings settings = subscription.settings();
        Instant now = Instant.now();
        return new SubscriptionResponse(
                subscription.name(),
                settings.url(),
                settings.workers(),
                settings.batchSize(),
                settings.timeout(),
                subscription.disabled().isPresent() ? "disabled" : subscription.paused() ? "paused" : "active",
                subscription.disabled(),
                subscription.createdAt(),
                withSecret ? Optional.of(subscription.secrets().current()) : Optional.empty(),
                subscription.secrets().oldUntil().filter(now::isBefore),
                report.map(deliveries -> SubscriptionDeliveriesResponse.of(deliveries, now)));
    }
}
