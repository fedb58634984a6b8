package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.DeliveryReport;

import io.swagger.v3.oas.annotations.media.Schema;

/** Counts of calls and messages in a period. */
@Schema(name = "DeliveryRate", description = "calls in whole minutes of the clock, including the current minute")
public record DeliveryRateResponse(
        long succeeded,
        long failed,
        @Schema(description = "messages delivered") long messages) {

    public static DeliveryRateResponse of(DeliveryReport.Minute sum) {
        return new DeliveryRateResponse(sum.succeeded(), sum.failed(), sum.messages());
    }
}
