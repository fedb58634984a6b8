package dev.rowmq.queue.figures;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueStats;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The figures of one queue in a snapshot.
 *
 * @param sentPerSecond  mean over the last {@link FigureReader#RATE_WINDOW}
 * @param ackedPerSecond as {@code sentPerSecond}
 * @param deadPerSecond  messages that became dead letters; as {@code sentPerSecond}
 * @param expiresAt      when the oldest ready message expires at the earliest; known while its retention is near
 * @param receivedAt     when the queue last delivered a message, as far as this instance saw it; at the earliest its
 *     own start
 */
public record QueueFigures(
        Queue queue,
        QueueStats stats,
        double sentPerSecond,
        double ackedPerSecond,
        double deadPerSecond,
        Optional<Instant> expiresAt,
        Instant receivedAt) {

    /** Rates below this are those of an idle queue. */
    private static final double IDLE = 0.001;

    public long get(QueueCounter counter) {
        return stats.counts().get(counter);
    }

    /** Messages that are ready or in flight. */
    public long backlog() {
        return get(QueueCounter.READY) + get(QueueCounter.IN_FLIGHT);
    }

    /** Time until the queue is empty at the present rates; empty when it has no backlog or does not become shorter. */
    public Optional<Duration> drainsIn() {
        double perSecond = ackedPerSecond - sentPerSecond;
        return backlog() == 0 || perSecond < IDLE ? Optional.empty() : after(backlog() / perSecond);
    }

    /** Time until {@code maxMessages} is reached at the present rates; empty when that does not happen. */
    public Optional<Duration> fullIn() {
        double perSecond = sentPerSecond - ackedPerSecond;
        long limit = queue.settings().maxMessages();
        return limit == 0 || perSecond < IDLE
                ? Optional.empty()
                : after(Math.max(0, limit - stats.counts().held()) / perSecond);
    }

    /** A time beyond a year is no forecast. */
    private static Optional<Duration> after(double seconds) {
        return seconds > Duration.ofDays(365).toSeconds()
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds((long) Math.ceil(seconds)));
    }
}
