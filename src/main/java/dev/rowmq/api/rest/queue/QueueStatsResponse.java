package dev.rowmq.api.rest.queue;

import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueStats;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;

/** The statistics of a queue. */
@Schema(name = "Stats")
public record QueueStatsResponse(
        long ready,
        long delayed,
        long inFlight,
        long dead,

        @Schema(description = "ready and in flight together, by which workers can be scaled") long backlog,

        @Schema(
                types = {"string", "null"},
                example = "12s",
                description =
                        "age of the oldest ready message; null when there is none; in lists up to a few seconds old")
        Duration oldestAge,

        long sent,
        long received,
        long acked,
        long sendErrors,
        long redelivered,
        long deadLettered,
        long expired,
        long duplicates,

        @Schema(description = "messages refused by a rate limit; also counted in sendErrors")
        long rateLimited,

        @Schema(description = "bytes") long averageMessageSize,

        @Schema(type = "string", example = "85ms", description = "mean time from receive to ack")
        Duration processingLatency) {

    public static QueueStatsResponse of(QueueStats stats) {
        return new QueueStatsResponse(
                stats.counts().get(QueueCounter.READY),
                stats.counts().get(QueueCounter.DELAYED),
                stats.counts().get(QueueCounter.IN_FLIGHT),
                stats.counts().get(QueueCounter.DEAD),
                stats.counts().get(QueueCounter.READY) + stats.counts().get(QueueCounter.IN_FLIGHT),
                stats.oldestAge().orElse(null),
                stats.counts().get(QueueCounter.SENT),
                stats.counts().get(QueueCounter.RECEIVED),
                stats.counts().get(QueueCounter.ACKED),
                stats.counts().get(QueueCounter.SEND_ERRORS),
                stats.counts().get(QueueCounter.REDELIVERED),
                stats.counts().get(QueueCounter.DEAD_LETTERED),
                stats.counts().get(QueueCounter.EXPIRED),
                stats.counts().get(QueueCounter.DUPLICATES),
                stats.counts().get(QueueCounter.RATE_LIMITED),
                stats.averageMessageSize(),
                stats.processingLatency());
    }
}
