package dev.rowmq.api.rest.queue;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.figures.QueueFigures;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;

/** A queue with its settings and, if requested, its statistics. */
@Schema(name = "Queue")
public record QueueResponse(
        @Schema(example = "orders") String name,
        boolean paused,
        Instant createdAt,
        QueueSettingsResponse settings,
        @JsonInclude(JsonInclude.Include.NON_NULL)
                @Schema(description = "only of a queue in memory: its messages are lost with the process")
                String notice,
        @JsonInclude(JsonInclude.Include.NON_NULL) QueueStatsResponse stats,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Schema(description = "only in lists") RatesResponse rates) {

    private static final String IN_MEMORY =
            "messages are kept in the memory of the instance that receives the send, and are lost when its process"
                    + " ends";

    /** An item of a list. */
    public static QueueResponse of(QueueFigures figures) {
        return of(figures.queue(), figures.stats(), RatesResponse.of(figures));
    }

    /** @param stats null = none are shown */
    public static QueueResponse of(Queue queue, QueueStats stats) {
        return of(queue, stats, null);
    }

    private static QueueResponse of(Queue queue, QueueStats stats, RatesResponse rates) {
        return new QueueResponse(
                queue.name(),
                queue.paused(),
                queue.createdAt(),
                QueueSettingsResponse.of(queue.settings()),
                queue.inMemory() ? IN_MEMORY : null,
                stats == null ? null : QueueStatsResponse.of(stats),
                rates);
    }
}
