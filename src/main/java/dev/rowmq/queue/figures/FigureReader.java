package dev.rowmq.queue.figures;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.catalog.QueueScope;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Reads the figures of all queues: one statement for the counters, and one for the oldest message of each of at most
 * {@value #MAX_AGES} queues, those that changed and were not looked at for longest. Viewers get the last snapshot.
 */
@Component
public class FigureReader {

    /** Rates are means over this time. */
    public static final Duration RATE_WINDOW = Duration.ofSeconds(10);

    /** Interval between snapshots while a viewer follows them, unless they are read more often anyway. */
    public static final Duration VIEWER_INTERVAL = Duration.ofSeconds(2);

    private static final int MAX_AGES = 100;
    private static final double NEAR = 0.8;

    /** What is known of a queue between snapshots. */
    private static final class Known {

        Optional<Instant> oldest = Optional.empty();
        Optional<Instant> expiresAt = Optional.empty();
        /** Whether the oldest message may be another one than that seen last. */
        boolean changed = true;
        Instant lookedAt = Instant.EPOCH;
        QueueStats last;
        Instant receivedAt;
    }

    private final QueueService service;
    private final FigureHistory history;
    private final Clock clock;
    private final Map<Integer, Known> known = new HashMap<>();
    private final Deque<FigureSnapshot> window = new ArrayDeque<>();
    private final AtomicInteger viewers = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition read = lock.newCondition();
    private volatile FigureSnapshot snapshot = FigureSnapshot.NONE;
    /** The first snapshot of the window. */
    private volatile FigureSnapshot windowBegin = FigureSnapshot.NONE;
    private volatile boolean closed;

    @Autowired
    FigureReader(QueueService service, FigureHistory history) {
        this(service, history, Clock.systemUTC());
    }

    FigureReader(QueueService service, FigureHistory history, Clock clock) {
        this.service = service;
        this.history = history;
        this.clock = clock;
    }

    /**
     * Reads a snapshot. For one timer; a failure leaves the last snapshot.
     *
     * @throws QueueException STORE_UNAVAILABLE
     */
    public synchronized void read() {
        List<QueueService.Measured> all = service.all();
        Instant now = clock.instant();
        all.forEach(one -> update(one, now));
        lookForAges(all, now);
        known.keySet().retainAll(all.stream().map(one -> one.queue().id()).collect(Collectors.toSet()));
        FigureSnapshot earlier = earlier(now);
        Map<String, QueueFigures> queues = new TreeMap<>();
        for (QueueService.Measured one : all) {
            queues.put(one.queue().name(), figures(one, now, earlier));
        }
        publish(new FigureSnapshot(now, new TreeMap<>(queues)));
    }

    /** As {@link #read} if a viewer follows the figures and the last snapshot is old; for a second timer. */
    public void readForViewers() {
        if (viewers.get() > 0 && age().abs().compareTo(VIEWER_INTERVAL.dividedBy(2)) > 0) {
            read();
        }
    }

    private void update(QueueService.Measured one, Instant now) {
        Known queue = known.computeIfAbsent(one.queue().id(), id -> new Known());
        if (queue.last == null || received(queue.last) != received(one.stats())) {
            queue.receivedAt = now;
        }
    }

    private static long received(QueueStats stats) {
        return stats.counts().get(QueueCounter.RECEIVED);
    }

    private void lookForAges(List<QueueService.Measured> all, Instant now) {
        all.stream()
                .filter(one -> {
                    Known queue = known.get(one.queue().id());
                    queue.changed |= queue.last == null || !queue.last.counts().equals(one.stats().counts());
                    queue.last = one.stats();
                    if (one.stats().counts().get(QueueCounter.READY) == 0) {
                        queue.oldest = Optional.empty();
                        queue.expiresAt = Optional.empty();
                        return false;
                    }
                    return queue.changed
                            || queue.oldest.isEmpty()
                            || queue.expiresAt.isEmpty() && nearRetention(one, now);
                })
                .sorted(Comparator.comparing(one -> known.get(one.queue().id()).lookedAt))
                .limit(MAX_AGES)
                .takeWhile(one -> look(one, now))
                .forEach(one -> {});
    }

    /** Returns whether the next queue should be looked at: not while the database does not answer. */
    private boolean look(QueueService.Measured one, Instant now) {
        Known queue = known.get(one.queue().id());
        try {
            queue.lookedAt = now;
            queue.oldest = service.glance(one.queue().name()).stats().oldestAge().map(now::minus);
            queue.expiresAt = nearRetention(one, now) ? expiresAt(one, queue.oldest.orElseThrow()) : Optional.empty();
            queue.changed = false;
        } catch (QueueException refusal) {
            // otherwise it was deleted meanwhile
            return !QueueException.isDatabaseFault(refusal);
        }
        return true;
    }

    /** Retention counts from the first visibility, which may be later than the send, from which the age counts. */
    private boolean nearRetention(QueueService.Measured one, Instant now) {
        long retention = one.queue().settings().retention().toMillis();
        return known.get(one.queue().id())
                .oldest
                .filter(oldest -> Duration.between(oldest, now).toMillis() > NEAR * retention)
                .isPresent();
    }

    /** The expiry of the first ready message if it is the oldest; else the earliest at which the oldest can expire. */
    private Optional<Instant> expiresAt(QueueService.Measured one, Instant oldest) {
        return service.peek(one.queue().name(), MessageView.State.READY, 1, Optional.empty()).items().stream()
                .filter(first -> first.enqueuedAt().isBefore(oldest.plusSeconds(1)))
                .findFirst()
                .map(MessageView::expiresAt)
                .or(() -> Optional.of(oldest.plus(one.queue().settings().retention())));
    }

    /** The oldest snapshot in the window, from which rates are computed. */
    private FigureSnapshot earlier(Instant now) {
        if (!window.isEmpty() && now.isBefore(window.getLast().readAt())) {
            // the clock was set back
            window.clear();
        }
        while (window.size() > 1
                && Duration.between(window.getFirst().readAt(), now).compareTo(RATE_WINDOW) > 0) {
            window.removeFirst();
        }
        return window.isEmpty() ? FigureSnapshot.NONE : window.getFirst();
    }

    private QueueFigures figures(QueueService.Measured one, Instant now, FigureSnapshot earlier) {
        Known queue = known.get(one.queue().id());
        QueueStats stats = new QueueStats(
                one.stats().counts(),
                queue.oldest
                        .map(since -> Duration.between(since, now))
                        .map(age -> age.isNegative() ? Duration.ZERO : age));
        QueueFigures before = earlier.queues().get(one.queue().name());
        boolean same = before != null && before.queue().id() == one.queue().id();
        // a queue that was created since began with zeros
        boolean comparable =
                same || earlier != FigureSnapshot.NONE && one.queue().createdAt().isAfter(earlier.readAt());
        QueueCounts then = same ? before.stats().counts() : QueueCounts.ZERO;
        double seconds = Duration.between(earlier.readAt(), now).toMillis() / 1000.0;
        return new QueueFigures(
                // an unchanged queue is shared by the snapshots
                same && before.queue().equals(one.queue()) ? before.queue() : one.queue(),
                stats,
                comparable ? rate(stats, then, QueueCounter.SENT, seconds) : 0,
                comparable ? rate(stats, then, QueueCounter.ACKED, seconds) : 0,
                comparable ? rate(stats, then, QueueCounter.DEAD_LETTERED, seconds) : 0,
                queue.expiresAt,
                queue.receivedAt);
    }

    private static double rate(QueueStats now, QueueCounts before, QueueCounter counter, double seconds) {
        return seconds <= 0 ? 0 : Math.max(0, now.counts().get(counter) - before.get(counter)) / seconds;
    }

    private void publish(FigureSnapshot next) {
        window.addLast(next);
        windowBegin = window.getFirst();
        history.add(next);
        lock.lock();
        try {
            snapshot = next;
            read.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Messages whose sends the queue's rate limit refused within about {@link #RATE_WINDOW} before the snapshot. */
    long refusedLately(Queue queue) {
        return refused(snapshot, queue) - refused(windowBegin, queue);
    }

    private static long refused(FigureSnapshot at, Queue queue) {
        QueueFigures figures = at.queues().get(queue.name());
        return figures == null || figures.queue().id() != queue.id() ? 0 : figures.get(QueueCounter.RATE_LIMITED);
    }

    /** The last snapshot, of all queues. */
    FigureSnapshot all() {
        return snapshot;
    }

    /** The last snapshot, of the queues in the caller's {@link QueueScope}. */
    public FigureSnapshot snapshot() {
        FigureSnapshot all = snapshot;
        return QueueScope.isLimited() ? all.limitedTo(QueueScope::allows) : all;
    }

    /**
     * The queue, whose settings may be as old as {@code rowmq.queue.cache}.
     *
     * @throws QueueException QUEUE_NOT_FOUND, INVALID_QUEUE_NAME, FORBIDDEN
     */
    public Queue queue(String name) {
        return service.queue(name);
    }

    /** A viewer, who makes the figures be read at least each {@link #VIEWER_INTERVAL} until it is closed. */
    public final class Viewer implements AutoCloseable {

        private FigureSnapshot seen = FigureSnapshot.NONE;

        private Viewer() {
            viewers.incrementAndGet();
        }

        /**
         * Waits for a snapshot that this viewer has not had.
         *
         * @return empty when none was read within {@code max}, or the service stops
         */
        public Optional<FigureSnapshot> next(Duration max) throws InterruptedException {
            lock.lock();
            try {
                long left = max.toNanos();
                while (snapshot == seen || snapshot == FigureSnapshot.NONE) {
                    if (left <= 0 || closed) {
                        return Optional.empty();
                    }
                    left = read.awaitNanos(left);
                }
                seen = snapshot;
            } finally {
                lock.unlock();
            }
            return Optional.of(QueueScope.isLimited() ? seen.limitedTo(QueueScope::allows) : seen);
        }

        @Override
        public void close() {
            viewers.decrementAndGet();
        }
    }

    public Viewer view() {
        return new Viewer();
    }

    /** Ends the waits of viewers when the service stops. */
    @EventListener(ContextClosedEvent.class)
    void close() {
        lock.lock();
        try {
            closed = true;
            read.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the service stops: viewers get no more snapshots. */
    public boolean closed() {
        return closed;
    }

    /** Age of the last snapshot. */
    public Duration age() {
        return Duration.between(snapshot.readAt(), clock.instant());
    }
}
