package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.DeliveryReport;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** A report of a subscription's calls. */
@Schema(name = "SubscriptionDeliveries", description = "report of the calls by all instances, about a second old")
public record SubscriptionDeliveriesResponse(
        @Schema(
                allowableValues = {"closed", "half_open", "open"},
                description = "open: no calls for a while after five failures in a row; half_open: one call is tried")
        String circuit,

        DeliveryRateResponse thisMinute,
        DeliveryRateResponse lastHour,

        @Schema(description = "newest first, at most 20")
        List<DeliveryAttemptResponse> lastAttempts) {

    public static SubscriptionDeliveriesResponse of(DeliveryReport report, Instant now) {
        return new SubscriptionDeliveriesResponse(
                report.circuit().name().toLowerCase(Locale.ROOT),
                DeliveryRateResponse.of(report.since(1, now)),
                DeliveryRateResponse.of(report.since(DeliveryReport.MINUTES, now)),
                report.attempts().stream().map(DeliveryAttemptResponse::of).toList());
    }
}
