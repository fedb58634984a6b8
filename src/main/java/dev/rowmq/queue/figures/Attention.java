package dev.rowmq.queue.figures;

import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.queue.StoreStatus;
import dev.rowmq.queue.catalog.QueueScope;
import dev.rowmq.queue.figures.AttentionItem.Concern;
import dev.rowmq.queue.figures.AttentionItem.Level;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** Finds in a snapshot what needs an operator. */
@Component
public class Attention {

    /** A message that waits longer than this needs attention. */
    public static final Duration OLD = Duration.ofMinutes(5);

    private static final Duration SILENCE = Duration.ofMinutes(1);
    private static final Duration STALE = Duration.ofMinutes(1);
    private static final double NEAR = 0.8;

    private final FigureHistory history;
    private final StoreStatus status;
    private final FigureReader reader;
    private final ObjectProvider<AttentionSource> sources;
    private volatile ComputedItems last;

    Attention(
            FigureHistory history, StoreStatus status, FigureReader reader, ObjectProvider<AttentionSource> sources) {
        this.sources = sources;
        this.history = history;
        this.status = status;
        this.reader = reader;
    }

    /** What was found in a snapshot. */
    private record ComputedItems(FigureSnapshot snapshot, List<AttentionItem> items) {}

    /**
     * What needs the caller's attention, in the queues of its {@link QueueScope}; the most urgent first. Computed once
     * for each snapshot.
     */
    public List<AttentionItem> present() {
        FigureSnapshot snapshot = reader.all();
        ComputedItems found = last;
        if (found == null || found.snapshot() != snapshot) {
            found = new ComputedItems(snapshot, of(snapshot));
            last = found;
        }
        List<AttentionItem> items = new ArrayList<>();
        status.partitions().forEach((partition, up) -> {
            if (!up) {
                items.add(new AttentionItem(
                        Concern.PARTITION_DOWN,
                        Level.CRITICAL,
                        Optional.empty(),
                        "Partition %d does not answer; its messages wait there.".formatted(partition)));
            }
        });
        Duration age = reader.age();
        if (age.compareTo(STALE) > 0 && snapshot != FigureSnapshot.NONE) {
            items.add(new AttentionItem(
                    Concern.FIGURES_OLD,
                    Level.CRITICAL,
                    Optional.empty(),
                    "The figures are %s old; the database could not be read since."
                            .formatted(AttentionItem.words(age))));
        }
        Stream.concat(
                        sources.stream().flatMap(source -> source.attentionItems().stream()), found.items().stream())
                .sorted(Comparator.comparing(AttentionItem::level).thenComparing(AttentionItem::concern))
                .filter(item -> QueueScope.allows(item.queue().orElseThrow()))
                .forEach(items::add);
        return items;
    }

    private List<AttentionItem> of(FigureSnapshot snapshot) {
        List<AttentionItem> items = new ArrayList<>();
        snapshot.queues().values().forEach(queue -> check(queue, snapshot.readAt(), items));
        items.sort(Comparator.comparing(AttentionItem::level).thenComparing(AttentionItem::concern));
        return items;
    }

    private void check(QueueFigures queue, Instant now, List<AttentionItem> items) {
        long ready = queue.get(QueueCounter.READY);
        long dead = queue.get(QueueCounter.DEAD);
        long retention = queue.queue().settings().retention().toMillis();
        Optional<Duration> expiresIn = queue.expiresAt()
                .map(at -> Duration.between(now, at))
                .filter(left -> left.toMillis() < (1 - NEAR) * retention)
                .map(left -> left.isNegative() ? Duration.ZERO : left);
        expiresIn.ifPresent(left -> add(items, Concern.RETENTION_NEAR, Level.CRITICAL, queue,
                "The oldest message reaches its retention in %s.".formatted(AttentionItem.words(left))));
        long limit = queue.queue().settings().maxMessages();
        long held = queue.stats().counts().held();
        if (limit > 0 && held >= NEAR * limit) {
            add(items, Concern.NEARLY_FULL, Level.CRITICAL, queue, "%s of at most %s in the queue%s."
                    .formatted(AttentionItem.count(held, "message"), AttentionItem.number(limit),
                            held >= limit ? "; sends are refused" : ""));
        }
        long grown = dead == 0 ? 0 : (long) history.growth(queue, FigureHistory.Figure.DEAD);
        if (grown > 0) {
            add(items, Concern.DEAD_LETTERS_GROW, Level.WARNING, queue, "%s, %s more than 15 min ago."
                    .formatted(AttentionItem.count(dead, "dead letter"), AttentionItem.number(grown)));
        } else if (dead > 0) {
            add(items, Concern.DEAD_LETTERS_WAIT, Level.INFO, queue, "%s to look at."
                    .formatted(AttentionItem.count(dead, "dead letter")));
        }
        if (queue.queue().paused()) {
            if (queue.stats().counts().held() > 0) {
                add(items, Concern.PAUSED, Level.WARNING, queue, "Paused, with %s."
                        .formatted(AttentionItem.count(held, "message")));
            }
            return;
        }
        Duration silence = Duration.between(queue.receivedAt(), now);
        if (ready > 0 && queue.get(QueueCounter.IN_FLIGHT) == 0 && silence.compareTo(SILENCE) >= 0) {
            add(items, Concern.NOTHING_RECEIVED, Level.WARNING, queue, "%s ready, none received for %s."
                    .formatted(AttentionItem.count(ready, "message"), AttentionItem.words(silence)));
        } else if (expiresIn.isEmpty()) {
            queue.stats().oldestAge().filter(age -> age.compareTo(OLD) > 0).ifPresent(age ->
                    add(items, Concern.MESSAGES_OLD, Level.WARNING, queue, "The oldest message waits for %s.%s"
                            .formatted(AttentionItem.words(age),
                            queue.drainsIn()
                                    .map(drains -> " The queue is empty in %s at this rate."
                                            .formatted(AttentionItem.words(drains)))
                                    .orElse(""))));
        }
    }

    private static void add(List<AttentionItem> items, Concern kind, Level level, QueueFigures queue, String text) {
        items.add(new AttentionItem(kind, level, Optional.of(queue.queue().name()), text));
    }
}
