package dev.rowmq.queue.figures;

import dev.rowmq.model.Page;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.PageCursors;
import dev.rowmq.queue.QueueService;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;

import org.springframework.stereotype.Component;

/**
 * The list of queues, filtered and sorted. Settings and counters are those of the moment; ages and rates are those of
 * the last snapshot.
 */
@Component
public class QueueList {

    /** The figures by which the list can be sorted. */
    public enum Key {
        NAME("name", (queue, readAt) -> 0),
        READY("ready", (queue, readAt) -> queue.get(QueueCounter.READY)),
        DELAYED("delayed", (queue, readAt) -> queue.get(QueueCounter.DELAYED)),
        IN_FLIGHT("inFlight", (queue, readAt) -> queue.get(QueueCounter.IN_FLIGHT)),
        DEAD("dead", (queue, readAt) -> queue.get(QueueCounter.DEAD)),
        /** By the time of the oldest message, which stays while its age grows from page to page. */
        OLDEST_AGE("oldestAge", (queue, readAt) -> queue.stats()
                .oldestAge()
                .map(age -> (double) -readAt.minus(age).toEpochMilli())
                .orElse(Double.NEGATIVE_INFINITY)),
        SENT_PER_SECOND("sentPerSecond", (queue, readAt) -> queue.sentPerSecond()),
        ACKED_PER_SECOND("ackedPerSecond", (queue, readAt) -> queue.ackedPerSecond());

        private final String text;
        private final ToDoubleBiFunction<QueueFigures, Instant> value;

        Key(String text, ToDoubleBiFunction<QueueFigures, Instant> value) {
            this.text = text;
            this.value = value;
        }
    }

    /** @param descending the greatest first; names of equal figures are always ascending */
    public record Order(Key key, boolean descending) {

        public static final Order BY_NAME = new Order(Key.NAME, false);

        /**
         * Reads {@code ready}, or {@code -ready} for the greatest first.
         *
         * @throws QueueException OUT_OF_RANGE
         */
        public static Order of(String text) {
            boolean descending = text.startsWith("-");
            String name = descending ? text.substring(1) : text;
            for (Key key : Key.values()) {
                if (key.text.equals(name)) {
                    return new Order(key, descending);
                }
            }
            throw new QueueException(
                    ErrorCode.OUT_OF_RANGE,
                    "sort",
                    ("sort is '%s'; allowed are name, ready, delayed, inFlight, dead, oldestAge, sentPerSecond and "
                            + "ackedPerSecond, each with - before it for the greatest first")
                            .formatted(SafeText.of(text, 50)));
        }

        /** Compares by the figure, then by the name. */
        Comparator<Place> comparator() {
            Comparator<Place> byValue = Comparator.comparingDouble(Place::value);
            Comparator<Place> byName = Comparator.comparing(Place::name);
            if (key == Key.NAME) {
                return descending ? byName.reversed() : byName;
            }
            return (descending ? byValue.reversed() : byValue).thenComparing(byName);
        }
    }

    /** The place of a queue in the list; a page ends at one. */
    private record Place(double value, String name) {

        static Place of(QueueFigures queue, Key key, Instant readAt) {
            return new Place(key.value.applyAsDouble(queue, readAt), queue.queue().name());
        }

        static Place read(String text) {
            String[] parts = text.split(" ", 2);
            return new Place(Double.parseDouble(parts[0]), parts[1]);
        }

        String text() {
            return value + " " + name;
        }
    }

    private final QueueService service;
    private final FigureReader reader;
    private final PageCursors cursors;

    QueueList(QueueService service, FigureReader reader, PageCursors cursors) {
        this.service = service;
        this.reader = reader;
        this.cursors = cursors;
    }

    /**
     * A page of the list.
     *
     * @param filter characters that a name must have in it, in upper or lower case; empty = all queues
     * @param limit  1 to 1000
     */
    public Page<QueueFigures> page(Optional<String> filter, Order order, int limit, Optional<String> cursor) {
        FigureSnapshot snapshot = reader.snapshot();
        String part = filter.orElse("").toLowerCase(Locale.ROOT);
        Comparator<Place> comparator = order.comparator();
        Function<QueueFigures, Place> place = one -> Place.of(one, order.key(), snapshot.readAt());
        String list = "queues " + order.key() + order.descending() + part;
        return cursors.page(list, limit, cursor, (max, after) -> {
            Optional<Place> last = after.map(Place::read);
            List<QueueFigures> rest = service.all().stream()
                    .filter(one -> one.queue().name().toLowerCase(Locale.ROOT).contains(part))
                    .map(one -> figures(one, snapshot))
                    .filter(one -> last.isEmpty() || comparator.compare(place.apply(one), last.get()) > 0)
                    .sorted(Comparator.comparing(place, comparator))
                    .limit(max + 1L)
                    .toList();
            return rest.size() <= max
                    ? new Page<>(rest, Optional.empty())
                    : new Page<>(
                            rest.subList(0, max), Optional.of(place.apply(rest.get(max - 1)).text()));
        });
    }

    private static QueueFigures figures(QueueService.Measured one, FigureSnapshot snapshot) {
        QueueCounts counts = one.stats().counts();
        Optional<Duration> age = Optional.ofNullable(snapshot.queues().get(one.queue().name()))
                .filter(seen -> seen.queue().id() == one.queue().id() && counts.get(QueueCounter.READY) > 0)
                .flatMap(seen -> seen.stats().oldestAge());
        return snapshot.withStats(one.queue(), new QueueStats(counts, age));
    }
}
