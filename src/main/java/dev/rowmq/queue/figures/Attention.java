package dev.rowmq.queue.figures;

import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.queue.StoreStatus;
import dev.rowmq.queue.figures.AttentionItem.Concern;
import dev.rowmq.queue.figures.AttentionItem.Level;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

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
    private final Clock clock = Clock.systemUTC();

    Attention(FigureHistory history, StoreStatus status) {
        this.history = history;
        this.status = status;
    }

    /** The most urgent first; of a queue at most one of each kind. */
    public List<AttentionItem> of(FigureSnapshot snapshot) {
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
        Instant now = clock.instant();
        Duration age = Duration.between(snapshot.readAt(), now);
        if (age.compareTo(STALE) > 0 && snapshot != FigureSnapshot.NONE) {
            items.add(new AttentionItem(
                    Concern.FIGURES_OLD,
                    Level.CRITICAL,
                    Optional.empty(),
                    "The figures are %s old; the database could not be read since."
                            .formatted(AttentionItem.words(age))));
        }
        snapshot.queues().values().forEach(queue -> check(queue, snapshot.readAt(), items));
        items.sort(Comparator.comparing(AttentionItem::level).thenComparing(AttentionItem::concern));
        return items;
    }

    private void check(QueueFigures queue, Instant now, List<AttentionItem> items) {
        long ready = queue.get(QueueCounter.READY);
        long dead = queue.get(QueueCounter.DEAD);
        boolean retentionNear = queue.stats()
                .oldestAge()
                .filter(age -> age.toMillis() > NEAR * queue.queue().settings().retention().toMillis())
                .isPresent();
        if (retentionNear) {
            add(items, Concern.RETENTION_NEAR, Level.CRITICAL, queue, "The oldest message reaches its retention in %s."
                    .formatted(AttentionItem.words(queue.oldestExpiresIn().orElseThrow())));
        }
        long limit = queue.queue().settings().maxMessages();
        long held = queue.stats().counts().held();
        if (limit > 0 && held >= NEAR * limit) {
            add(items, Concern.NEARLY_FULL, Level.CRITICAL, queue, "%,d of at most %,d messages are in the queue%s."
                    .formatted(held, limit, held >= limit ? "; sends are refused" : ""));
        }
        long grown = dead == 0 ? 0 : (long) history.growth(queue, FigureHistory.Figure.DEAD);
        if (grown > 0) {
            add(items, Concern.DEAD_LETTERS_GROW, Level.WARNING, queue, "%s, %,d more than 15 min ago."
                    .formatted(AttentionItem.count(dead, "dead letter"), grown));
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
        } else if (!retentionNear) {
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
