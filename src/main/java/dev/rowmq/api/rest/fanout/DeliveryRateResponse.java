package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.DeliveryReport;

import io.swagger.v3.oas.annotations.media.Schema;

/** Calls and messages of a period. */
@Schema(name = "DeliveryRate", description = "calls by minutes of the clock, the running one among them")
public record DeliveryRateResponse(
        long succeeded,
        long failed,
        @Schema(description = "messages delivered") long messages) {

    public static DeliveryRateResponse of(DeliveryReport.Minute sum) {
        return new DeliveryRateResponse(sum.succeeded(), sum.failed(), sum.messages());
    }
}
