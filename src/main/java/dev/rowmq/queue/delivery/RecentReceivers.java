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

    /** A receiver that did not ask for this time is forgotten. */
    public static final Duration REMEMBERED = Duration.ofMinutes(5);

    /**
     * What the receives with one key got.
     *
     * @param key         name of the key; empty for receives without a key
     * @param since       when the counts begin: 5 to 10 minutes ago, or when the key asked first
     * @param lastAskedAt when the last receive began
     */
    public record RecentReceiver(
            Optional<String> key, Instant since, Instant lastAskedAt, long receives, long messages) {}

    /** Counts of the present period of {@link #REMEMBERED}, and of the one before. */
    static final class Counts {

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
            last = now;
        }

        private void rotate(Instant now) {
            if (now.isAfter(began.plus(REMEMBERED.multipliedBy(2)))) {
                begin(now, now, 0, 0);
            } else if (now.isAfter(began.plus(REMEMBERED))) {
                begin(began.plus(REMEMBERED), began, receives, messages);
            }
        }

        private void begin(Instant from, Instant fromBefore, long askedBefore, long gotBefore) {
            began = from;
            beganBefore = fromBefore;
            receivesBefore = askedBefore;
            messagesBefore = gotBefore;
            receives = 0;
            messages = 0;
        }

        synchronized void asked(Instant now) {
            rotate(now);
            last = now;
            receives++;
        }

        synchronized void got(Instant now, int number) {
            rotate(now);
            messages += number;
        }

        synchronized Instant last() {
            return last;
        }

        synchronized RecentReceiver read(String key, Instant now) {
            rotate(now);
            return new RecentReceiver(
                    Optional.of(key).filter(name -> !name.isEmpty()),
                    beganBefore,
                    last,
                    receives + receivesBefore,
                    messages + messagesBefore);
        }
    }

    /** Number of queues in memory above which queues without a recent receive are removed from it. */
    private static final int MAX_QUEUES = 10_000;

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

    /** Counts a receive of the current caller that begins. */
    void asked(Queue queue) {
        Instant now = clock.instant();
        if (counts.size() > MAX_QUEUES) {
            counts.values().removeIf(keys -> keys.values().stream().noneMatch(one -> recent(one.last(), now)));
        }
        counts.computeIfAbsent(queue.id(), any -> new ConcurrentHashMap<>())
                .computeIfAbsent(CallerKey.name().orElse(""), any -> new Counts(now))
                .asked(now);
    }

    /** Counts the messages of a receive that ends. */
    void got(Queue queue, int messages) {
        Counts own = counts.getOrDefault(queue.id(), Map.of()).get(CallerKey.name().orElse(""));
        if (own != null) {
            own.got(clock.instant(), messages);
        }
    }

    private static boolean recent(Instant last, Instant now) {
        return last.isAfter(now.minus(REMEMBERED));
    }

    /** The receivers of a queue, the last to ask first. */
    public List<RecentReceiver> of(String name) {
        Instant now = clock.instant();
        return counts.getOrDefault(queues.get(name).id(), Map.of()).entrySet().stream()
                .filter(entry -> recent(entry.getValue().last(), now))
                .map(entry -> entry.getValue().read(entry.getKey(), now))
                .sorted(Comparator.comparing(RecentReceiver::lastAskedAt).reversed())
                .toList();
    }

    @EventListener
    void deleted(QueueDeleted event) {
        counts.remove(event.queue().id());
    }
}
