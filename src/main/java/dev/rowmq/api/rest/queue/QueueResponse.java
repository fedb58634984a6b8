package dev.rowmq.api.rest.queue;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueStats;

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
        @JsonInclude(JsonInclude.Include.NON_NULL) QueueStatsResponse stats) {

    private static final String IN_MEMORY =
            "messages are kept in the memory of the instance that receives the send, and are lost when its process"
                    + " ends";

    public static QueueResponse of(Queue queue, QueueStats stats) {
        return new QueueResponse(
                queue.name(),
                queue.paused(),
                queue.createdAt(),
                QueueSettingsResponse.of(queue.settings()),
                queue.inMemory() ? IN_MEMORY : null,
                stats == null ? null : QueueStatsResponse.of(stats));
    }
}
