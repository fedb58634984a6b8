package dev.rowmq.queue.delivery;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.catalog.DeadLetterRouting;
import dev.rowmq.queue.durable.LowWaterMarks;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.ScanStep;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.upkeep.ExpiryStore;
import dev.rowmq.store.upkeep.MessageRemover;
import dev.rowmq.store.upkeep.Upkeep;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/**
 * Removes messages in the second in which they expire, or makes dead letters of them: they count nowhere from then on,
 * and make room for others. What this does not find (after a queue's retention was shortened) the clean-up finds.
 */
@Component
public class MessageExpiry {

    private static final int STRETCH = 1000;
    private static final int STRETCHES = 20;
    private static final Duration LONGEST_REST = Duration.ofMinutes(1);
    private static final Duration SHORTEST_REST = Duration.ofSeconds(1);
    /** Messages that are this close in the order of sending are one walk. */
    private static final int CLOSE = 8;

    private static final long BETWEEN_NOW_NANOS = 300_000_000;
    private static final long SHORT_NANOS = 100_000_000;

    private record Place(int partition, int queueId, int level) {}

    private final ExpiryStore store;
    private final Upkeep upkeep;
    private final MessageRemover removal;
    private final DeadLetterRouting deadLetterRouting;
    private final LowWaterMarks lowWaterMarks;
    private final WaitingReceivers waitingReceivers;
    private final Partitions partitions;
    /** When the head of a level is to be looked at again, in terms of {@link System#nanoTime}. */
    private final Map<Place, Long> looks = new ConcurrentHashMap<>();
    /** When {@link #expireNow} was called last, by queue. */
    private final Map<Integer, Long> lastNow = new ConcurrentHashMap<>();

    MessageExpiry(
            ExpiryStore store,
            Upkeep upkeep,
            MessageRemover removal,
            DeadLetterRouting deadLetterRouting,
            LowWaterMarks lowWaterMarks,
            WaitingReceivers waitingReceivers,
            Partitions partitions) {
        this.store = store;
        this.upkeep = upkeep;
        this.removal = removal;
        this.deadLetterRouting = deadLetterRouting;
        this.lowWaterMarks = lowWaterMarks;
        this.waitingReceivers = waitingReceivers;
        this.partitions = partitions;
    }

    /** Whether the ttl of any message in the caller's partition is over: a cheap look. */
    public boolean anyDue() {
        return !store.due(OptionalInt.empty()).isEmpty();
    }

    /**
     * One set of the caller's partition, of all queues. Returns how many entries it dealt with, and adds those that
     * expired.
     */
    public int expireDue(List<Queue> live, AtomicInteger expired) {
        Map<Integer, Queue> byId = live.stream().collect(Collectors.toMap(Queue::id, queue -> queue));
        List<ExpiryStore.Due> due = store.due(OptionalInt.empty());
        Map<Integer, List<ExpiryStore.Due>> byQueue =
                due.stream().collect(Collectors.groupingBy(one -> one.key().queueId()));
        byQueue.forEach((queueId, own) -> {
            if (byId.containsKey(queueId)) {
                expired.addAndGet(expire(byId.get(queueId), own));
            }
        });
        store.done(due);
        return due.size();
    }

    /**
     * What has expired of one queue, in all partitions that answer, for a tenth of a second at most, and not more often
     * than a few times a second: the timed job does the rest. Returns how many.
     */
    public int expireNow(Queue queue) {
        long now = System.nanoTime();
        Long before = lastNow.get(queue.id());
        if (before != null && now - before < BETWEEN_NOW_NANOS
                || (before == null ? lastNow.putIfAbsent(queue.id(), now) != null
                        : !lastNow.replace(queue.id(), before, now))) {
            return 0;
        }
        int expired = 0;
        for (int n : partitions.up()) {
            try {
                expired += partitions.in(n, () -> {
                    List<ExpiryStore.Due> due = store.due(OptionalInt.of(queue.id()));
                    int own = expire(queue, due);
                    store.done(due);
                    return own + expireHeads(queue, true);
                });
            } catch (QueueException later) {
                // the timed job does it
            }
        }
        return expired;
    }

    /**
     * At the head of each level of a queue, in the caller's partition.
     *
     * @param now also where it is not time yet to look
     */
    public int expireHeads(Queue queue, boolean now) {
        int expired = 0;
        for (int level = 0; level < queue.levels(); level++) {
            Place place = new Place(Partitions.current(), queue.id(), level);
            Long at = looks.get(place);
            if (now || at == null || System.nanoTime() - at >= 0) {
                expired += expireHead(queue, level, now ? System.nanoTime() + SHORT_NANOS : Long.MAX_VALUE);
                Duration rest = store.head(queue.id(), level, lowWaterMarks.head(queue.id(), level))
                        .orElse(SHORTEST_REST);
                long nanos = Math.clamp(rest.toNanos(), SHORTEST_REST.toNanos(), LONGEST_REST.toNanos());
                looks.put(place, System.nanoTime() + nanos);
            }
        }
        return expired;
    }

    /** Queues that are gone need no memory. */
    public void forgetAllBut(Set<Integer> queueIds) {
        looks.keySet().removeIf(place -> !queueIds.contains(place.queueId()));
        lastNow.keySet().retainAll(queueIds);
    }

    /** @param end in terms of {@link System#nanoTime} */
    private int expireHead(Queue queue, int level, long end) {
        int expired = 0;
        long behind = lowWaterMarks.head(queue.id(), level);
        for (int i = 0; i < STRETCHES && (i == 0 || end == Long.MAX_VALUE || System.nanoTime() - end < 0); i++) {
            Optional<Duration> left = store.head(queue.id(), level, behind);
            if (left.isEmpty() || left.get().isPositive()) {
                return expired;
            }
            long through = upkeep.stretch(queue.id(), level, behind, STRETCH).orElse(behind);
            int set = expire(queue, level, behind, through);
            expired += set;
            if (set == 0) {
                return expired;
            }
        }
        return expired;
    }

    private int expire(Queue queue, List<ExpiryStore.Due> due) {
        List<MessageKey> keys =
                due.stream().map(ExpiryStore.Due::key).distinct().sorted(Comparator.naturalOrder()).toList();
        if (!queue.settings().deadLetterExpired()) {
            return removal.expire(queue.id(), keys);
        }
        int expired = 0;
        for (int from = 0, to; from < keys.size(); from = to) {
            to = from + 1;
            while (to < keys.size()
                    && keys.get(to).priority() == keys.get(from).priority()
                    && keys.get(to).position() - keys.get(to - 1).position() <= CLOSE) {
                to++;
            }
            expired += expire(queue, keys.get(from).priority(), keys.get(from).position() - 1,
                    keys.get(to - 1).position());
        }
        return expired;
    }

    /** All that has expired between two positions. */
    int expire(Queue queue, int level, long behind, long through) {
        List<ScanStep> steps = new ArrayList<>();
        long from = behind;
        ScanStep step;
        do {
            step = expireSet(queue, level, from, through);
            steps.add(step);
            from = Math.max(from, step.last());
        } while (step.more());
        return steps.stream().mapToInt(ScanStep::messages).sum();
    }

    /** One set of what has expired between two positions. */
    public ScanStep expireSet(Queue queue, int level, long behind, long through) {
        if (!queue.settings().deadLetterExpired()) {
            return removal.expire(queue.id(), level, behind, through);
        }
        DeadLetterTarget grave = deadLetterRouting.of(queue);
        ScanStep step = upkeep.buryExpired(queue.id(), level, behind, through, grave);
        if (step.messages() > 0 && grave instanceof DeadLetterTarget.OtherQueue other) {
            waitingReceivers.arrived(other.queueId(), step.messages(), false);
        }
        return step;
    }
}
