package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.DeliveryReport;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** A report of the calls of a subscription. */
@Schema(name = "SubscriptionDeliveries", description = "how calls went on all instances, about a second old")
public record SubscriptionDeliveriesResponse(
        @Schema(
                allowableValues = {"closed", "half_open", "open"},
                description = "open: five calls in a row failed, so none is made for a while; half_open: one is tried")
        String circuit,

        DeliveryRateResponse thisMinute,
        DeliveryRateResponse lastHour,

        @Schema(description = "the newest first, at most 20")
        List<DeliveryAttemptResponse> lastAttempts) {

    public static SubscriptionDeliveriesResponse of(DeliveryReport report, Instant now) {
        return new SubscriptionDeliveriesResponse(
                report.circuit().name().toLowerCase(Locale.ROOT),
                DeliveryRateResponse.of(report.since(1, now)),
                DeliveryRateResponse.of(report.since(DeliveryReport.MINUTES, now)),
                report.attempts().stream().map(DeliveryAttemptResponse::of).toList());
    }
}
