package dev.rowmq.api.rest.json;

import dev.rowmq.model.fanout.DeliveryReport;
import dev.rowmq.model.fanout.Subscription;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The JSON shapes of subscriptions. */
public final class SubscriptionJson {

    private static final String SECRET = "whsec_ and the base64 of 24 to 64 bytes; one is made up when none is given";

    private SubscriptionJson() {}

    /** What a {@code PUT} changes: what is null stays as it is. */
    @Schema(name = "SubscriptionSettings")
    public record Settings(
            @Schema(example = "https://example.com/orders", description = "where messages are posted to; needed for a new subscription")
                    String url,
            @Schema(example = "4", description = "calls at a time on each instance of the service, 1 to 64; default 4") Integer workers,
            @Schema(example = "1", description = "messages in one call, 1 to 100; default 1. With 2 and more a call is always JSON")
                    Integer batchSize,
            @Schema(type = "string", example = "15s", description = "of a whole call, 1s to 5m; default 15s") Duration timeout,
            @Schema(description = "of a new subscription: " + SECRET) String secret) {

        public Subscription.Settings over(Subscription.Settings before) {
            return new Subscription.Settings(
                    url == null ? before.url() : url,
                    workers == null ? before.workers() : workers,
                    batchSize == null ? before.batchSize() : batchSize,
                    timeout == null ? before.timeout() : timeout);
        }
    }

    @Schema(name = "SecretRotation")
    public record Rotation(
            @Schema(description = SECRET) String secret,
            @Schema(type = "string", example = "24h", description = "how long calls are signed with the secret before as well, 0s to 7d; default 24h")
                    Duration keepOld) {}

    @Schema(name = "Subscription")
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record View(
            @Schema(example = "billing") String name,
            String url,
            int workers,
            int batchSize,
            @Schema(type = "string", example = "15s") Duration timeout,
            @Schema(allowableValues = {"active", "paused", "disabled"}) String state,
            @Schema(description = "what the receiver said with its 410; absent unless disabled") Optional<String> disabledBecause,
            Instant createdAt,
            @Schema(description = "what calls are signed with; only when it was just made or rotated") Optional<String> secret,
            @Schema(description = "until when calls are signed with the secret before as well") Optional<Instant> oldSecretUntil,
            @Schema(description = "absent when it was just made or changed") Optional<Deliveries> deliveries) {

        public static View of(Subscription subscription, boolean withSecret, Optional<DeliveryReport> report) {
            Subscription.Settings settings = subscription.settings();
            Instant now = Instant.now();
            return new View(
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
                    report.map(told -> Deliveries.of(told, now)));
        }
    }

    @Schema(name = "SubscriptionDeliveries", description = "how calls went on all instances, about a second old")
    record Deliveries(
            @Schema(
                            allowableValues = {"closed", "half_open", "open"},
                            description = "open: five calls in a row failed, so none is made for a while; half_open: one is tried")
                    String circuit,
            Rate thisMinute,
            Rate lastHour,
            @Schema(description = "the newest first, at most 20") List<Attempt> lastAttempts) {

        public static Deliveries of(DeliveryReport report, Instant now) {
            return new Deliveries(
                    report.circuit().name().toLowerCase(Locale.ROOT),
                    Rate.of(report.since(1, now)),
                    Rate.of(report.since(DeliveryReport.MINUTES, now)),
                    report.attempts().stream().map(Attempt::of).toList());
        }
    }

    @Schema(name = "DeliveryRate", description = "calls by minutes of the clock, the running one among them")
    record Rate(long succeeded, long failed, @Schema(description = "messages delivered") long messages) {

        public static Rate of(DeliveryReport.Minute sum) {
            return new Rate(sum.succeeded(), sum.failed(), sum.messages());
        }
    }

    @Schema(name = "DeliveryAttempt")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Attempt(
            Instant at,
            @Schema(description = "id of the first message") String id,
            int messages,
            @Schema(description = "of the answer; absent when there was none") Integer status,
            @Schema(type = "string", example = "12ms") Duration took,
            @Schema(description = "absent after success") String error) {

        public static Attempt of(DeliveryReport.Attempt attempt) {
            return new Attempt(
                    attempt.at(),
                    attempt.messageId(),
                    attempt.messages(),
                    attempt.status() == 0 ? null : attempt.status(),
                    Duration.ofMillis(attempt.millis()),
                    attempt.error().isEmpty() ? null : attempt.error());
        }
    }
}
