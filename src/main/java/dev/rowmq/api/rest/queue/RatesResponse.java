package dev.rowmq.api.rest.queue;

import dev.rowmq.queue.figures.QueueFigures;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;

/** The rates of a queue in the last snapshot of the figures. */
@Schema(name = "Rates")
public record RatesResponse(
        @Schema(description = "mean of the last 10 s") double sentPerSecond,
        @Schema(description = "mean of the last 10 s") double ackedPerSecond,
        @Schema(types = {"string", "null"}, example = "14m",
                        description = "time until the queue is empty at these rates; null when it does not shrink")
                Duration drainsIn) {

    public static RatesResponse of(QueueFigures figures) {
        return new RatesResponse(
                rounded(figures.sentPerSecond()),
                rounded(figures.ackedPerSecond()),
                figures.drainsIn().orElse(null));
    }

    /** Rounds to a tenth. */
    public static double rounded(double perSecond) {
        return Math.round(perSecond * 10) / 10.0;
    }
}
