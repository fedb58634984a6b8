package dev.rowmq.queue.stream;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.cluster.InstanceNotifier;
import dev.rowmq.store.cluster.StreamRelayStore;
import dev.rowmq.store.cluster.StreamRelayStore.Left;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.stereotype.Component;

/**
 * Brings copies of what was sent to those who watch: at once to those on this instance, and through the database to
 * those on others. Who sends never waits for it: what there is no room for is counted, and the count goes where the
 * copies would have.
 */
@Component
public class StreamRelay implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(StreamRelay.class);

    private static final Duration TURN = Duration.ofMillis(100);
    private static final Duration REFRESH = Duration.ofSeconds(1);
    /** By then every other instance has seen a new watch. */
    private static final Duration UNTIL_KNOWN = REFRESH.plusMillis(300);

    private static final long MOST_BYTES = 16L * 1024 * 1024;
    /** After so many parts of what was left it is the other work's turn. */
    private static final int PARTS_OF_A_TURN = 10;

    private final StreamSubscribers streams;
    private final StreamRelayStore store;
    private final InstanceNotifier notifier;
    private final String self = UUID.randomUUID().toString();
    private final Deque<StreamedMessage> outgoing = new ArrayDeque<>();
    private final Map<Integer, Long> lost = new HashMap<>();
    private final Thread relay;
    private long outgoingBytes;
    /** The last number taken; -1 = nobody here watches. */
    private long takenTo = -1;

    private long refreshedAt = System.nanoTime();
    private volatile Set<Integer> elsewhere = Set.of();
    private volatile boolean closed;

    StreamRelay(StreamSubscribers streams, StreamRelayStore store, InstanceNotifier notifier) {
        this.streams = streams;
        this.store = store;
        this.notifier = notifier;
        this.relay = Thread.ofVirtual().name("rowmq-relay").start(this::relay);
    }

    /** From when this returns the subscriber gets every message sent, through whatever instance. */
    public StreamSubscriber join(Queue queue) {
        StreamSubscriber subscriber = streams.join(queue);
        if (notifier.othersListen()) {
            try {
                store.watch(self, Set.of(queue.id()));
            } catch (RuntimeException failure) {
                subscriber.close();
                throw failure;
            }
            LockSupport.parkNanos(UNTIL_KNOWN.toNanos());
        }
        return subscriber;
    }

    public boolean concerns(int queueId) {
        return streams.watched(queueId) || elsewhere.contains(queueId);
    }

    /** Called after the commit. Returns at once. */
    public void sent(List<StreamedMessage> copies) {
        streams.offer(copies);
        if (copies.stream().noneMatch(copy -> elsewhere.contains(copy.queueId()))) {
            return;
        }
        synchronized (outgoing) {
            for (StreamedMessage copy : copies) {
                if (outgoingBytes + copy.size() > MOST_BYTES && !outgoing.isEmpty()) {
                    lost.merge(copy.queueId(), 1L, Long::sum);
                } else {
                    outgoing.add(copy);
                    outgoingBytes += copy.size();
                }
            }
        }
        LockSupport.unpark(relay);
    }

    private void relay() {
        while (!closed) {
            try {
                if (notifier.othersListen()) {
                    refresh();
                    leave();
                    take();
                }
            } catch (RuntimeException | Error notNow) {
                log.atLevel(QueueException.isDatabaseFault(notNow) ? Level.DEBUG : Level.WARN)
                        .log("what is sent cannot be told to subscribers on other instances for a moment: {}",
                                notNow.toString());
                LockSupport.parkNanos(REFRESH.toNanos());
            }
            LockSupport.parkNanos(notifier.othersListen() ? TURN.toNanos() : REFRESH.toNanos());
        }
    }

    private void refresh() {
        if (System.nanoTime() - refreshedAt < REFRESH.toNanos()) {
            return;
        }
        refreshedAt = System.nanoTime();
        Set<Integer> watched = streams.watched();
        if (!watched.isEmpty()) {
            store.watch(self, watched);
        }
        elsewhere = store.watchedElsewhere(self);
    }

    private void leave() {
        List<Left> all = new ArrayList<>();
        synchronized (outgoing) {
            outgoing.forEach(copy -> all.add(new Left.Sent(copy)));
            lost.forEach((queueId, messages) -> all.add(new Left.Dropped(queueId, messages)));
            outgoing.clear();
            lost.clear();
            outgoingBytes = 0;
        }
        if (all.isEmpty()) {
            return;
        }
        try {
            store.leave(self, all);
        } catch (RuntimeException | Error failure) {
            synchronized (outgoing) {
                all.forEach(left -> lost.merge(
                        left.queueId(), left instanceof Left.Dropped gone ? gone.messages() : 1L, Long::sum));
            }
            throw failure;
        }
    }

    private void take() {
        if (streams.watched().isEmpty()) {
            takenTo = -1;
            return;
        }
        if (takenTo < 0) {
            // what was left before somebody came is not for them
            takenTo = store.lastNumber();
        }
        for (int i = 0; i < PARTS_OF_A_TURN; i++) {
            SortedMap<Long, Left> left = store.left(self, takenTo);
            if (left.isEmpty()) {
                return;
            }
            left.values().forEach(this::give);
            takenTo = left.lastKey();
        }
    }

    private void give(Left left) {
        switch (left) {
            case Left.Sent sent -> streams.offer(List.of(sent.copy()));
            case Left.Dropped dropped -> streams.dropped(dropped.queueId(), dropped.messages());
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(relay);
    }
}
