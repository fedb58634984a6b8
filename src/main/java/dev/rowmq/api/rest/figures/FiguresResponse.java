package dev.rowmq.api.rest.figures;

import dev.rowmq.queue.figures.AttentionItem;
import dev.rowmq.queue.figures.FigureSnapshot;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.List;

/** A snapshot of the figures. */
@Schema(name = "Figures")
record FiguresResponse(
        @Schema(types = {"string", "null"}, format = "date-time",
                        description = "when they were read; null shortly after the start, when they were not yet")
                Instant readAt,
        TotalsResponse totals,
        @Schema(description = "the requested queues; in a stream, those of them that changed")
                List<QueueFiguresResponse> queues,
        @Schema(description = "what needs an operator, the most urgent first; at most 100")
                List<AttentionResponse> attention,
        @Schema(description = "number of things that need an operator") int attentionTotal) {

    private static final int MAX_ITEMS = 100;

    static FiguresResponse of(
            FigureSnapshot snapshot, List<QueueFiguresResponse> queues, List<AttentionItem> attention) {
        return new FiguresResponse(
                snapshot.readAt().equals(Instant.EPOCH) ? null : snapshot.readAt(),
                TotalsResponse.of(snapshot),
                queues,
                attention.stream().limit(MAX_ITEMS).map(AttentionResponse::of).toList(),
                attention.size());
    }
}
