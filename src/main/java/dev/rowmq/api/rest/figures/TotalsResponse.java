package dev.rowmq.api.rest.figures;

import dev.rowmq.api.rest.queue.RatesResponse;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.queue.figures.FigureSnapshot;
import dev.rowmq.queue.figures.QueueFigures;

import io.swagger.v3.oas.annotations.media.Schema;

/** The sums of the figures of all queues. */
@Schema(name = "Totals")
record TotalsResponse(
        @Schema(description = "number of queues") int queues,
        long ready,
        long delayed,
        long inFlight,
        long dead,
        @Schema(description = "mean of the last 10 s") double sentPerSecond,
        @Schema(description = "mean of the last 10 s") double ackedPerSecond) {

    static TotalsResponse of(FigureSnapshot snapshot) {
        return new TotalsResponse(
                snapshot.queues().size(),
                snapshot.total(QueueCounter.READY),
                snapshot.total(QueueCounter.DELAYED),
                snapshot.total(QueueCounter.IN_FLIGHT),
                snapshot.total(QueueCounter.DEAD),
                RatesResponse.rounded(snapshot.total(QueueFigures::sentPerSecond)),
                RatesResponse.rounded(snapshot.total(QueueFigures::ackedPerSecond)));
    }
}
