package dev.rowmq.queue.figures;

import dev.rowmq.model.queue.QueueCounter;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
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
    FigureSnapshot limitedTo(java.util.function.Predicate<String> allowed) {
        SortedMap<String, QueueFigures> some = new TreeMap<>(queues);
        some.keySet().removeIf(allowed.negate());
        return new FigureSnapshot(readAt, some);
    }

    public long total(QueueCounter counter) {
        return queues.values().stream().mapToLong(queue -> queue.get(counter)).sum();
    }

    public double total(ToDoubleFunction<QueueFigures> rate) {
        return queues.values().stream().mapToDouble(rate).sum();
    }
}
