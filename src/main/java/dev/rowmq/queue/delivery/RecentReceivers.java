package dev.rowmq.queue.delivery;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.catalog.CallerKey;
import dev.rowmq.queue.catalog.QueueDeleted;
import dev.rowmq.queue.catalog.QueueDirectory;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Who asked this instance for messages of a queue lately, by the name of the API key. Push and SQL are not counted.
 */
@Component
public class RecentReceivers {

    /** The time that is remembered, at least; the figures are of up to twice that time. */
    public static final Duration REMEMBERED = Duration.ofMinutes(5);

    /**
     * What the receives with one key got.
     *
     * @param key         name of the key; empty for receives without a key
     * @param lastAskedAt when the last receive ended
     * @param receives    receives since {@code since}
     * @param messages    messages that they got
     */
    public record RecentReceiver(
            Optional<String> key, Instant since, Instant lastAskedAt, long receives, long messages) {}

    /** Counts of the present and of the last period of {@link #REMEMBERED}. */
    private static final class Counts {

        private Instant began;
        private Instant beganBefore;
        private Instant last;
        private long receives;
        private long messages;
        private long receivesBefore;
        private long messagesBefore;

        Counts(Instant now) {
            began = now;
            beganBefore = now;
        }

        synchronized void add(Instant now, int got) {
            if (now.isAfter(began.plus(REMEMBERED))) {
                boolean follows = now.isBefore(began.plus(REMEMBERED.multipliedBy(2)));
                beganBefore = follows ? began : now;
                receivesBefore = follows ? receives : 0;
                messagesBefore = follows ? messages : 0;
                began = now;
                receives = 0;
                messages = 0;
            }
            last = now;
            receives++;
            messages += got;
        }

        synchronized RecentReceiver read(String key) {
            return new RecentReceiver(
                    Optional.of(key).filter(name -> !name.isEmpty()),
                    beganBefore,
                    last,
                    receives + receivesBefore,
                    messages + messagesBefore);
        }
    }

    private final QueueDirectory queues;
    private final Clock clock;
    /** By queue number, then by name of the key; an empty name = no key. */
    private final Map<Integer, Map<String, Counts>> counts = new ConcurrentHashMap<>();

    @Autowired
    RecentReceivers(QueueDirectory queues) {
        this(queues, Clock.systemUTC());
    }

    RecentReceivers(QueueDirectory queues, Clock clock) {
        this.queues = queues;
        this.clock = clock;
    }

    /** Counts a receive of the current caller that has ended. */
    void received(Queue queue, int messages) {
        Instant now = clock.instant();
        counts.computeIfAbsent(queue.id(), any -> new ConcurrentHashMap<>())
                .computeIfAbsent(CallerKey.name().orElse(""), any -> new Counts(now))
                .add(now, messages);
    }

    /** The receivers of a queue, the last to ask first. */
    public List<RecentReceiver> of(String name) {
        Instant oldest = clock.instant().minus(REMEMBERED);
        return counts.getOrDefault(queues.get(name).id(), Map.of()).entrySet().stream()
                .map(entry -> entry.getValue().read(entry.getKey()))
                .filter(receiver -> receiver.lastAskedAt() != null && receiver.lastAskedAt().isAfter(oldest))
                .sorted(Comparator.comparing(RecentReceiver::lastAskedAt).reversed())
                .toList();
    }

    @EventListener
    void deleted(QueueDeleted event) {
        counts.remove(event.queue().id());
    }
}
