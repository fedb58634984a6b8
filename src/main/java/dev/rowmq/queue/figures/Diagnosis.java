package dev.rowmq.queue.figures;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ReservedMetadata;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.QueueService;
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
import java.util.stream.Stream;

import org.springframework.stereotype.Component;

/** Finds out why the messages of a queue do not move. Reads the queue and a few of its messages. */
@Component
public class Diagnosis {

    /** Time without a delivery after which a queue with ready messages stands still. */
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private static final int SOME = 100;

    private final QueueService service;
    private final FigureReader reader;
    private final StoreStatus status;
    private final Clock clock = Clock.systemUTC();

    Diagnosis(QueueService service, FigureReader reader, StoreStatus status) {
        this.service = service;
        this.reader = reader;
        this.status = status;
    }

    /**
     * What holds the queue up, and what will become of it.
     *
     * @param reasons         empty when nothing holds it up
     * @param drainsIn        see {@link QueueFigures#drainsIn}
     * @param fullIn          see {@link QueueFigures#fullIn}
     * @param oldestExpiresIn time until the ready message that comes first expires
     */
    public record Findings(
            List<AttentionItem> reasons,
            Optional<Duration> drainsIn,
            Optional<Duration> fullIn,
            Optional<Duration> oldestExpiresIn) {}

    /** @throws dev.rowmq.model.error.QueueException QUEUE_NOT_FOUND */
    public Findings of(String name) {
        QueueService.Measured now = service.glance(name);
        QueueFigures figures = reader.snapshot().withStats(now.queue(), now.stats());
        List<AttentionItem> reasons = new ArrayList<>();
        status.partitions().forEach((partition, up) -> {
            if (!up) {
                add(reasons, Concern.PARTITION_DOWN, Level.CRITICAL, name,
                        "Partition %d does not answer; its messages wait there.".formatted(partition));
            }
        });
        QueueCounts counts = now.stats().counts();
        long limit = now.queue().settings().maxMessages();
        if (limit > 0 && counts.held() >= limit) {
            add(reasons, Concern.NEARLY_FULL, Level.CRITICAL, name,
                    "The queue is full: sends are refused until messages are acked.");
        }
        long refused = reader.refusedLately(now.queue());
        if (now.queue().settings().sendRate().isPresent() && refused > 0) {
            add(reasons, Concern.SENDS_LIMITED, Level.INFO, name,
                    "Sends are limited to %s a second; %s refused just now.".formatted(
                            AttentionItem.count(
                                    now.queue().settings().sendRate().get().messagesPerSecond(), "message"),
                            refused == 1 ? "1 was" : AttentionItem.number(refused) + " were"));
        }
        if (now.queue().paused()) {
            add(reasons, Concern.PAUSED, Level.WARNING, name, "The queue is paused: receivers get nothing.");
        } else {
            lookForReceivers(figures, counts, reasons);
        }
        if (counts.get(QueueCounter.READY) == 0) {
            lookForTheNext(name, counts, reasons);
        }
        Optional<Duration> expires = counts.get(QueueCounter.READY) == 0
                ? Optional.empty()
                : first(name, MessageView.State.READY).map(MessageView::expiresAt).map(this::wait);
        return new Findings(reasons, figures.drainsIn(), figures.fullIn(), expires);
    }

    private void lookForReceivers(QueueFigures figures, QueueCounts counts, List<AttentionItem> reasons) {
        long ready = counts.get(QueueCounter.READY);
        Duration silence = Duration.between(figures.receivedAt(), clock.instant());
        if (ready == 0 || silence.compareTo(SILENCE) < 0) {
            return;
        }
        String name = figures.queue().name();
        boolean fifo = figures.queue().settings().fifo().isPresent();
        if (fifo && counts.get(QueueCounter.IN_FLIGHT) > 0) {
            first(name, MessageView.State.IN_FLIGHT).ifPresent(held -> add(
                    reasons, Concern.NOTHING_RECEIVED, Level.WARNING, name,
                    "Group '%s' waits for message %s, whose lease ends at %s; others may wait likewise.".formatted(
                            ReservedMetadata.group(held.metadata()).orElse(""), held.id(), held.visibleAt())));
        } else {
            add(reasons, Concern.NOTHING_RECEIVED, Level.WARNING, name,
                    "%s ready, and the last one was received %s ago, or before the start."
                            .formatted(AttentionItem.count(ready, "message"), AttentionItem.words(silence)));
        }
    }

    private void lookForTheNext(String name, QueueCounts counts, List<AttentionItem> reasons) {
        long inFlight = counts.get(QueueCounter.IN_FLIGHT);
        if (inFlight > 0) {
            add(reasons, Concern.NOTHING_RECEIVED, Level.INFO, name,
                    "Nothing is ready; %s in flight.".formatted(AttentionItem.count(inFlight, "message")));
        }
        if (counts.get(QueueCounter.DELAYED) > 0) {
            // the list is in the order of sending in some storages
            some(name, MessageView.State.DELAYED, SOME)
                    .map(MessageView::visibleAt)
                    .min(Comparator.naturalOrder())
                    .ifPresent(at -> add(
                            reasons, Concern.NOTHING_RECEIVED, Level.INFO, name,
                            "A delayed message becomes visible in %s.".formatted(AttentionItem.words(wait(at)))));
        }
    }

    private Duration wait(Instant until) {
        Duration wait = Duration.between(clock.instant(), until);
        return wait.isNegative() ? Duration.ZERO : wait;
    }

    private Optional<MessageView> first(String name, MessageView.State state) {
        return some(name, state, 1).findFirst();
    }

    /** Empty while a partition does not answer, which is a reason of its own. */
    private Stream<MessageView> some(String name, MessageView.State state, int max) {
        try {
            return service.peek(name, state, max, Optional.empty()).items().stream();
        } catch (QueueException failure) {
            if (QueueException.isDatabaseFault(failure)) {
                return Stream.empty();
            }
            throw failure;
        }
    }

    private static void add(
            List<AttentionItem> reasons, Concern concern, Level level, String queue, String text) {
        reasons.add(new AttentionItem(concern, level, Optional.of(queue), text));
    }
}
