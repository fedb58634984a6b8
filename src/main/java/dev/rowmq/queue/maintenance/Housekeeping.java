package dev.rowmq.queue.maintenance;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.DeadLetterRouting;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.delivery.MessageExpiry;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.durable.BufferedCounters;
import dev.rowmq.queue.durable.DeadLetterQueries;
import dev.rowmq.queue.durable.DutyCycle;
import dev.rowmq.queue.durable.LowWaterMarks;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.ScanStep;
import dev.rowmq.store.cluster.ClockStore;
import dev.rowmq.store.cluster.QueueReplicator;
import dev.rowmq.store.cluster.RateBuckets;
import dev.rowmq.store.cluster.StreamRelayStore;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.memory.InMemoryMessageStore;
import dev.rowmq.store.upkeep.MessageRemover;
import dev.rowmq.store.upkeep.Upkeep;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import java.util.function.LongFunction;
import java.util.stream.Collectors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** What time alone does to queues: the door of the timed jobs. Each works on the partition
 * in which it is called ({@link #everywhere}), may run on several instances at once and does no harm. */
@Component
public class Housekeeping implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);

    private static final long LONGEST_TURN_NANOS = 1_000_000_000;

    /** Rows that a clean-up looks at in one go, and goes of one run, for each queue and level. */
    private static final int STRETCH = 20_000;

    private static final int STRETCHES = 10;

    private static final long LEASES_EVERY_NANOS = 1_000_000_000;
    private static final long CLOCK_EVERY_NANOS = 60_000_000_000L;
    private static final long MEMORY_EVERY_NANOS = 2_000_000_000;

    private final QueueAdmin queues;
    private final BusyQueues busyQueues;
    private final Upkeep upkeep;
    private final MessageRemover removal;
    private final DeadLetterQueries deadLetters;
    private final DeadLetterRouting deadLetterRouting;
    private final WaitingReceivers waitingReceivers;
    private final BufferedCounters bufferedCounters;
    private final LowWaterMarks lowWaterMarks;
    private final RateBuckets rateBuckets;
    private final StreamRelayStore copies;
    private final Partitions partitions;
    private final QueueReplicator queueCopies;
    private final InMemoryMessageStore memoryStore;
    private final MessageExpiry expiry;
    private final ClockStore clock;
    private final DutyCycle clockLooks = new DutyCycle(CLOCK_EVERY_NANOS);
    private final DutyCycle memoryLooks = new DutyCycle(MEMORY_EVERY_NANOS);

    /** What is remembered of each partition. */
    private static final class Memory {

        final Map<Integer, DutyCycle> leaseLooks = new ConcurrentHashMap<>();
        final Map<String, Long> cleanedTo = new ConcurrentHashMap<>();
    }

    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Memory> memories = new ConcurrentHashMap<>();

    Housekeeping(
            QueueAdmin queues,
            BusyQueues busyQueues,
            Upkeep upkeep,
            MessageRemover removal,
            DeadLetterQueries deadLetters,
            DeadLetterRouting deadLetterRouting,
            WaitingReceivers waitingReceivers,
            BufferedCounters bufferedCounters,
            LowWaterMarks lowWaterMarks,
            RateBuckets rateBuckets,
            StreamRelayStore copies,
            Partitions partitions,
            QueueReplicator queueCopies,
            InMemoryMessageStore memoryStore,
            MessageExpiry expiry,
            ClockStore clock) {
        this.expiry = expiry;
        this.clock = clock;
        this.queues = queues;
        this.busyQueues = busyQueues;
        this.upkeep = upkeep;
        this.removal = removal;
        this.deadLetters = deadLetters;
        this.deadLetterRouting = deadLetterRouting;
        this.waitingReceivers = waitingReceivers;
        this.bufferedCounters = bufferedCounters;
        this.lowWaterMarks = lowWaterMarks;
        this.rateBuckets = rateBuckets;
        this.copies = copies;
        this.partitions = partitions;
        this.queueCopies = queueCopies;
        this.memoryStore = memoryStore;
    }

    /** What a run of redelivery did. */
    public record Redelivered(int due, int leasesEnded, int deadLettered) {

        public boolean anything() {
            return due + leasesEnded + deadLettered > 0;
        }
    }

    /** What a run of the clean-up did. */
    public record CleanedUp(int expired, int idsForgotten, int deadLettersRemoved, int rowsOfDeletedQueues) {

        public boolean anything() {
            return expired + idsForgotten + deadLettersRemoved + rowsOfDeletedQueues > 0;
        }
    }

    /** A cheap look whether {@link #redeliver} would find anything; reads only. */
    public boolean anythingToRedeliver() {
        return busyQueues.counts().entrySet().stream()
                .anyMatch(queue -> queue.getValue().get(QueueCounter.IN_FLIGHT) > 0 && leasesAreDue(queue.getKey())
                        || queue.getValue().get(QueueCounter.DELAYED) > 0 && upkeep.anyDue(queue.getKey()));
    }

    private Memory memory() {
        return memories.computeIfAbsent(Partitions.current(), n -> new Memory());
    }

    /**
     * Does a job in each partition that answers, whose number it is given, side by side; what takes long or fails in
     * one is done in the others all the same.
     */
    public void everywhere(String name, IntConsumer job) {
        if (partitions.count() == 1) {
            job.accept(0);
            return;
        }
        for (int n : partitions.up()) {
            // one that takes long keeps the others' from nothing
            if (running.add(name + n)) {
                Thread.ofVirtual().name("rowmq-job-" + name + "-" + n).start(() -> {
                    try {
                        partitions.in(n, () -> {
                            job.accept(n);
                            return n;
                        });
                    } catch (QueueException downJustNow) {
                        log.debug("{} has to wait for partition {}", name, n, downJustNow);
                    } finally {
                        running.remove(name + n);
                    }
                });
            }
        }
    }

    /** Brings what other partitions know of the queues up to date with the first one. */
    public void copyQueues() {
        queueCopies.bringUpToDate();
    }

    /**
     * Ended leases are looked for once a second: a claim finds them by itself, this is for the counts and the dead
     * letters.
     */
    private boolean leasesAreDue(int queueId) {
        return memory().leaseLooks.computeIfAbsent(queueId, id -> new DutyCycle(LEASES_EVERY_NANOS)).due();
    }

    /** Delayed messages that are due become ready; so do those whose lease ended, or they become dead letters. */
    public Redelivered redeliver() {
        Map<Integer, QueueCounts> known = busyQueues.counts();
        List<Queue> live = queues.all();
        int due = 0;
        int ended = 0;
        int dead = 0;
        for (Queue queue : live) {
            QueueCounts of = known.getOrDefault(queue.id(), QueueCounts.ZERO);
            if (of.get(QueueCounter.DELAYED) > 0 && upkeep.anyDue(queue.id())) {
                due += apart(queue, () -> walk(0, behind -> told(queue, upkeep.moveDue(queue.id()))));
            }
            if (of.get(QueueCounter.IN_FLIGHT) > 0 && leasesAreDue(queue.id())) {
                long begin = System.nanoTime();
                boolean any = apart(queue, () -> anyEnded(queue)) > 0;
                // only a look that found nothing was in vain
                memory().leaseLooks.get(queue.id()).ran(any ? 0 : System.nanoTime() - begin);
                if (any) {
                    dead += apart(queue, () -> buryUsedUp(queue));
                    ended += apart(queue, () -> endLeases(queue));
                }
            }
        }
        forgetAllBut(live, known.keySet());
        return new Redelivered(due, ended, dead);
    }

    /** Queues that were deleted still have counts, for a while. */
    private void forgetAllBut(List<Queue> live, Set<Integer> counted) {
        Set<Integer> ids = live.stream().map(Queue::id).collect(Collectors.toSet());
        memory().leaseLooks.keySet().retainAll(counted);
        memory().leaseLooks.forEach((queueId, look) -> {
            if (!ids.contains(queueId)) {
                look.ran(0);
            }
        });
    }

    /**
     * One look for what {@link #buryUsedUp} and {@link #endLeases} would find, as most often there is nothing. Returns
     * in how many levels there is.
     */
    private int anyEnded(Queue queue) {
        lowWaterMarks.lookForHeads(queue);
        int found = 0;
        for (int level = 0; level < queue.levels(); level++) {
            long head = lowWaterMarks.head(queue.id(), level);
            long begin = System.nanoTime();
            try {
                found += upkeep.anyEnded(queue.id(), level, head, queue.settings().maxDeliveries()) ? 1 : 0;
            } finally {
                lowWaterMarks.walked(queue.id(), level, System.nanoTime() - begin);
            }
        }
        return found;
    }

    /** What fails for one queue must not keep the others waiting. */
    private int apart(Queue queue, IntSupplier work) {
        return alone("upkeep of queue '" + queue.name() + "'", work);
    }

    private int alone(String what, IntSupplier work) {
        try {
            return work.getAsInt();
        } catch (RuntimeException failure) {
            if (partitions.count() > 1
                    && failure instanceof QueueException refusal
                    && refusal.code() == ErrorCode.STORE_UNAVAILABLE) {
                // not queue by queue, each as long as the patience with a database
                partitions.suspect(Partitions.current());
                throw refusal;
            }
            if (QueueException.isDatabaseFault(failure)) {
                log.debug("{} has to wait for the database", what, failure);
            } else {
                log.warn("{} failed and will be tried again: {}", what, failure.toString());
            }
            return 0;
        }
    }

    private int endLeases(Queue queue) {
        int sum = 0;
        for (int level = 0; level < queue.levels(); level++) {
            int priority = level;
            sum += walk(lowWaterMarks.head(queue.id(), priority), behind -> told(
                    queue, upkeep.endLeases(queue.id(), priority, behind, queue.settings().maxDeliveries())));
        }
        return sum;
    }

    /** Wakes receivers after a set: at once, and when what came early is due. */
    private ScanStep told(Queue queue, ScanStep set) {
        if (set.messages() > 0) {
            waitingReceivers.arrived(queue.id(), set.messages(), true);
            waitingReceivers.arriving(queue.id(), set.messages(), Duration.ofMillis(310));
        }
        return set;
    }

    private int buryUsedUp(Queue queue) {
        int most = queue.settings().maxDeliveries();
        int sum = 0;
        for (int level = 0; most > 0 && level < queue.levels(); level++) {
            int priority = level;
            DeadLetterTarget grave = deadLetterRouting.of(queue);
            sum += walk(lowWaterMarks.head(queue.id(), priority), behind -> toldOther(
                    grave, upkeep.buryUsedUp(queue.id(), priority, behind, most, grave)));
        }
        return sum;
    }

    /** Wakes receivers of the queue that took the dead letters. */
    private ScanStep toldOther(DeadLetterTarget grave, ScanStep set) {
        if (set.messages() > 0 && grave instanceof DeadLetterTarget.OtherQueue other) {
            waitingReceivers.arrived(other.queueId(), set.messages(), false);
        }
        return set;
    }

    /**
     * Repeats a set, each behind the one before, until there is nothing more or it is the other queues' turn.
     *
     * @param set is given the position to begin behind
     */
    private static int walk(long behind, LongFunction<ScanStep> set) {
        long end = System.nanoTime() + LONGEST_TURN_NANOS;
        long from = behind;
        int sum = 0;
        ScanStep step;
        do {
            step = set.apply(from);
            from = Math.max(from, step.last());
            sum += step.messages();
        } while (step.more() && System.nanoTime() < end);
        return sum;
    }

    /** As long as there is more, but no longer than the others can wait. */
    private static int repeated(IntSupplier set) {
        long end = System.nanoTime() + LONGEST_TURN_NANOS;
        int sum = 0;
        int now;
        do {
            now = set.getAsInt();
            sum += now;
        } while (now > 0 && System.nanoTime() < end);
        return sum;
    }

    /** Expired messages, forgotten ids, old dead letters and what deleted queues left. */
    public CleanedUp cleanUp() {
        int expired = 0;
        int letters = 0;
        for (Queue queue : queues.all()) {
            for (int level = 0; level < queue.levels(); level++) {
                int priority = level;
                expired += apart(queue, () -> expire(queue, priority));
            }
            apart(queue, () -> buryUsedUp(queue));
            letters += apart(queue, () -> repeated(() -> deadLetters.deleteOld(queue)));
        }
        return new CleanedUp(
                expired,
                alone("forgetting ids", () -> repeated(upkeep::forgetIds)),
                letters,
                alone("removing deleted queues", removal::sweepDeleted));
    }

    /** Always the head, and from there on where the last run ended: a run looks at a bounded number of rows. */
    private int expire(Queue queue, int level) {
        String place = queue.id() + " " + level;
        long behind = lowWaterMarks.head(queue.id(), level);
        int sum = 0;
        for (int i = 0; i < STRETCHES; i++) {
            Optional<Long> end = upkeep.stretch(queue.id(), level, behind, STRETCH);
            if (end.isEmpty()) {
                memory().cleanedTo.remove(place);
                return sum;
            }
            long from = behind;
            sum += walk(from, after -> expiry.expireSet(queue, level, after, end.get()));
            behind = i == 0 ? Math.max(end.get(), memory().cleanedTo.getOrDefault(place, 0L)) : end.get();
        }
        memory().cleanedTo.put(place, behind);
        return sum;
    }

    /** A cheap look whether {@link #expire} would find anything. */
    public boolean anythingExpired() {
        return expiry.anyDue()
                || busyQueues.counts().values().stream().anyMatch(counts -> counts.get(QueueCounter.READY) > 0);
    }

    /** Messages go in the second in which they expire. Returns how many did. */
    public int expire() {
        List<Queue> live = queues.all();
        Map<Integer, QueueCounts> known = busyQueues.counts();
        AtomicInteger own = new AtomicInteger();
        alone("expiry", () -> repeated(() -> expiry.expireDue(live, own)));
        int expired = own.get();
        expiry.forgetAllBut(live.stream().map(Queue::id).collect(Collectors.toSet()));
        for (Queue queue : live) {
            if (known.getOrDefault(queue.id(), QueueCounts.ZERO).get(QueueCounter.READY) > 0) {
                expired += apart(queue, () -> expiry.expireHeads(queue, false));
            }
        }
        return expired;
    }

    /**
     * Whether the clock of the caller's partition was set by a minute or more since this was asked before. Jobs go on
     * at once; leases, delays and expiry are times of that clock, and end when it says so.
     */
    public Optional<Duration> clockStep() {
        Optional<Duration> step = clock.step();
        if (step.filter(Duration::isNegative).isPresent() || clockLooks.due()) {
            clockLooks.ran(0);
            clock.freeLocksOfTheFuture();
        }
        step.ifPresent(by -> log.warn(
                "the database's clock was set {} by {}: leases, delays and expiry follow it",
                by.isNegative() ? "back" : "forward",
                by.abs()));
        return step;
    }

    /**
     * Small rows that would become many: counters whose writers have gone on to others, full rate buckets, copies that
     * were read.
     */
    public void sweep() {
        alone("folding counters", () -> repeated(upkeep::foldCounters));
        alone("removing full rate buckets", () -> repeated(rateBuckets::removeFull));
        alone("removing old copies", copies::removeOld);
    }

    /** Writes the figures that were gathered in memory. */
    public void writeCounts() {
        bufferedCounters.write(upkeep);
    }

    /** What was counted since the last second is not lost by an orderly stop. */
    @Override
    public void close() {
        alone("writing counts", () -> {
            writeCounts();
            return 0;
        });
    }

    /** Whether this instance keeps a queue in its memory. */
    public boolean anyInMemory() {
        return !memoryStore.queueIds().isEmpty();
    }

    /** What time does to queues in this instance's memory, and once in a while what changed of their settings. */
    public void tickMemory() {
        Set<Integer> ids = memoryStore.queueIds();
        if (ids.isEmpty()) {
            return;
        }
        memoryStore.tick().forEach(ticked -> waitingReceivers.arrived(ticked.queueId(), ticked.ready(), true));
        if (memoryLooks.due()) {
            memoryLooks.ran(0);
            memoryStore.cleanUp();
            followMemory(ids);
        }
    }

    private void followMemory(Set<Integer> ids) {
        List<Queue> live = partitions.in(0, queues::all);
        live.stream()
                .filter(queue -> queue.inMemory() && ids.contains(queue.id()))
                .forEach(queue -> memoryStore.follow(queue, deadLetterRouting.of(queue)));
        Set<Integer> there = live.stream().map(Queue::id).collect(Collectors.toSet());
        ids.stream().filter(id -> !there.contains(id)).forEach(memoryStore::drop);
    }

    /** Names of the tables that were vacuumed. */
    public List<String> vacuum() {
        return upkeep.vacuum();
    }
}
