package dev.rowmq.api.rest.figures;

import dev.rowmq.api.rest.queue.RatesResponse;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.queue.figures.QueueFigures;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.util.List;

/** The figures of a queue in a snapshot. */
@Schema(name = "QueueFigures")
record QueueFiguresResponse(
        @Schema(example = "orders") String name,
        boolean paused,
        long ready,
        long delayed,
        long inFlight,
        long dead,
        @Schema(types = {"string", "null"}, example = "12s", description = "age of the oldest ready message")
                Duration oldestAge,
        @Schema(description = "mean of the last 10 s") double sentPerSecond,
        @Schema(description = "mean of the last 10 s") double ackedPerSecond,
        @Schema(types = {"string", "null"}, example = "14m",
                        description = "time until the queue is empty at these rates; null when it does not shrink")
                Duration drainsIn,
        @JsonInclude(JsonInclude.Include.NON_NULL)
                @Schema(description = "backlog over the last 15 minutes as up to 30 means; only if asked for")
                List<Float> trend) {

    static QueueFiguresResponse of(QueueFigures queue) {
        return of(queue, null);
    }

    /** @param trend null = none is shown */
    static QueueFiguresResponse of(QueueFigures queue, List<Float> trend) {
        return new QueueFiguresResponse(
                queue.queue().name(),
                queue.queue().paused(),
                queue.get(QueueCounter.READY),
                queue.get(QueueCounter.DELAYED),
                queue.get(QueueCounter.IN_FLIGHT),
                queue.get(QueueCounter.DEAD),
                queue.stats().oldestAge().map(age -> Duration.ofSeconds(age.toSeconds())).orElse(null),
                RatesResponse.rounded(queue.sentPerSecond()),
                RatesResponse.rounded(queue.ackedPerSecond()),
                queue.drainsIn().orElse(null),
                trend);
    }
}
