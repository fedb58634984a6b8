package dev.rowmq.queue.delivery;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.key.MessageKey;
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
 * Removes messages in the second in which they expire, or makes dead letters of them. From then on they are not
 * counted, and leave capacity for others. Expired messages that this class does not find (after a queue's retention was
 * shortened) are found by the retention job.
 */
@Component
public class MessageExpiry {

    private static final int ROWS_PER_STRETCH = 1000;
    private static final int MAX_STRETCHES = 20;
    private static final Duration MAX_CHECK_DELAY = Duration.ofMinutes(1);
    private static final Duration MIN_CHECK_DELAY = Duration.ofSeconds(1);
    /** Messages whose positions are at most this far apart are expired by one scan. */
    private static final int MAX_GAP = 8;

    private static final long EXPIRE_NOW_INTERVAL_NANOS = 300_000_000;
    private static final long MAX_SCAN_NANOS = 100_000_000;

    private record LevelKey(int partition, int queueId, int level) {}

    private final ExpiryStore store;
    private final Upkeep upkeep;
    private final MessageRemover removal;
    private final DeadLetterRouting deadLetterRouting;
    private final LowWaterMarks lowWaterMarks;
    private final WaitingReceivers waitingReceivers;
    private final Partitions partitions;
    /** When to check the head of a level next, as {@link System#nanoTime}. */
    private final Map<LevelKey, Long> nextChecks = new ConcurrentHashMap<>();
    /** When {@link #expireNow} last ran, as {@link System#nanoTime}, by queue. */
    private final Map<Integer, Long> lastExpireNow = new ConcurrentHashMap<>();

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

    /** Whether any message with a ttl of its own is due in the current partition: a cheap check. */
    public boolean anyDue() {
        return !store.due(OptionalInt.empty()).isEmpty();
    }

    /**
     * Expires one set of due messages in the current partition, of all queues.
     *
     * @param expired is increased by the number of expired messages
     * @return the number of entries processed
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
     * Expires messages of one queue in all partitions that answer. Runs at most once in 300 ms, and starts no further
     * scan of a level after a tenth of a second: the timed job expires the rest. Returns the number of expired
     * messages.
     */
    public int expireNow(Queue queue) {
        long now = System.nanoTime();
        Long before = lastExpireNow.get(queue.id());
        if (before != null && now - before < EXPIRE_NOW_INTERVAL_NANOS
                || (before == null ? lastExpireNow.putIfAbsent(queue.id(), now) != null
                        : !lastExpireNow.replace(queue.id(), before, now))) {
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
                // the timed job expires the messages of this partition
            }
        }
        return expired;
    }

    /**
     * Expires messages at the head of each level of a queue, in the current partition.
     *
     * @param now whether a level is checked before its next check is due; its scans are then limited to a tenth of a
     *     second
     */
    public int expireHeads(Queue queue, boolean now) {
        int expired = 0;
        for (int level = 0; level < queue.levels(); level++) {
            LevelKey place = new LevelKey(Partitions.current(), queue.id(), level);
            Long at = nextChecks.get(place);
            if (now || at == null || System.nanoTime() - at >= 0) {
                expired += expireHead(queue, level, now ? System.nanoTime() + MAX_SCAN_NANOS : Long.MAX_VALUE);
                Duration delay = store.head(queue.id(), level, lowWaterMarks.head(queue.id(), level))
                        .orElse(MIN_CHECK_DELAY);
                long nanos = Math.clamp(delay.toNanos(), MIN_CHECK_DELAY.toNanos(), MAX_CHECK_DELAY.toNanos());
                nextChecks.put(place, System.nanoTime() + nanos);
            }
        }
        return expired;
    }

    /** Removes the times of queues that no longer exist. */
    public void forgetAllBut(Set<Integer> queueIds) {
        nextChecks.keySet().removeIf(place -> !queueIds.contains(place.queueId()));
        lastExpireNow.keySet().retainAll(queueIds);
    }

    /** @param deadline as {@link System#nanoTime}; {@link Long#MAX_VALUE} = none */
    private int expireHead(Queue queue, int level, long deadline) {
        int expired = 0;
        long after = lowWaterMarks.head(queue.id(), level);
        for (int i = 0; i < MAX_STRETCHES
                && (i == 0 || deadline == Long.MAX_VALUE || System.nanoTime() - deadline < 0); i++) {
            Optional<Duration> left = store.head(queue.id(), level, after);
            if (left.isEmpty() || left.get().isPositive()) {
                return expired;
            }
            long through = upkeep.stretch(queue.id(), level, after, ROWS_PER_STRETCH).orElse(after);
            int set = expire(queue, level, after, through);
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
                    && keys.get(to).position() - keys.get(to - 1).position() <= MAX_GAP) {
                to++;
            }
            expired += expire(queue, keys.get(from).priority(), keys.get(from).position() - 1,
                    keys.get(to - 1).position());
        }
        return expired;
    }

    /** Expires messages with positions after {@code after} through {@code through}, until no expired one is left. */
    int expire(Queue queue, int level, long after, long through) {
        List<ScanStep> steps = new ArrayList<>();
        long from = after;
        ScanStep step;
        do {
            step = expireSet(queue, level, from, through);
            steps.add(step);
            from = Math.max(from, step.last());
        } while (step.more());
        return steps.stream().mapToInt(ScanStep::messages).sum();
    }

    /** Expires one set of the messages with positions after {@code after} through {@code through}. */
    public ScanStep expireSet(Queue queue, int level, long after, long through) {
        if (!queue.settings().deadLetterExpired()) {
            return removal.expire(queue.id(), level, after, through);
        }
        DeadLetterTarget target = deadLetterRouting.of(queue);
        ScanStep step = upkeep.deadLetterExpiredMessages(queue.id(), level, after, through, target);
        if (step.messages() > 0 && target instanceof DeadLetterTarget.OtherQueue other) {
            waitingReceivers.arrived(other.queueId(), step.messages(), false);
        }
        return step;
    }
}
