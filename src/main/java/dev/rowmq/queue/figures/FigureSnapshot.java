package dev.rowmq.queue.figures;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueStats;

import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The figures of all queues at one moment.
 *
 * @param readAt {@link Instant#EPOCH} when nothing was read yet
 * @param queues by name
 */
public record FigureSnapshot(Instant readAt, SortedMap<String, QueueFigures> queues) {

    static final FigureSnapshot NONE = new FigureSnapshot(Instant.EPOCH, Collections.emptySortedMap());

    /** The snapshot of a caller's queues. */
    FigureSnapshot limitedTo(Predicate<String> allowed) {
        SortedMap<String, QueueFigures> some = new TreeMap<>(queues);
        some.keySet().removeIf(allowed.negate());
        return new FigureSnapshot(readAt, some);
    }

    /**
     * The figures of a queue with statistics that are newer than this snapshot. Rates and times are those of the
     * snapshot. A queue that is not in it has rates of 0, and counts as received from now.
     */
    QueueFigures withStats(Queue queue, QueueStats stats) {
        QueueFigures seen = queues.get(queue.name());
        return seen == null || seen.queue().id() != queue.id()
                ? new QueueFigures(queue, stats, 0, 0, 0, Optional.empty(), Instant.now())
                : new QueueFigures(
                        queue,
                        stats,
                        seen.sentPerSecond(),
                        seen.ackedPerSecond(),
                        seen.deadPerSecond(),
                        seen.expiresAt(),
                        seen.receivedAt());
    }

    public long total(QueueCounter counter) {
        return queues.values().stream().mapToLong(queue -> queue.get(counter)).sum();
    }

    public double total(ToDoubleFunction<QueueFigures> rate) {
        return queues.values().stream().mapToDouble(rate).sum();
    }
}
