package dev.rowmq.queue.stream;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.cluster.InstanceNotifier;
import dev.rowmq.store.cluster.StreamRelayStore;
import dev.rowmq.store.cluster.StreamRelayStore.RelayedItem;

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
 * Passes copies of the messages sent to the subscribers of streams: directly on this instance, and through the database
 * on others. A send never waits for it: copies beyond the limit are dropped and counted, and the count is passed on in
 * their place.
 */
@Component
public class StreamRelay implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(StreamRelay.class);

    private static final Duration INTERVAL = Duration.ofMillis(100);
    private static final Duration REFRESH_INTERVAL = Duration.ofSeconds(1);
    /** Time after which every other instance has read a new watch. */
    private static final Duration WATCH_DELAY = REFRESH_INTERVAL.plusMillis(300);

    private static final long MAX_BYTES = 16L * 1024 * 1024;
    /** Maximum reads of incoming copies per interval, so that outgoing copies do not wait for them. */
    private static final int MAX_READS_PER_INTERVAL = 10;

    private final StreamSubscribers streams;
    private final StreamRelayStore store;
    private final InstanceNotifier notifier;
    private final String self = UUID.randomUUID().toString();
    private final Deque<StreamedMessage> outgoing = new ArrayDeque<>();
    private final Map<Integer, Long> lost = new HashMap<>();
    private final Thread relay;
    private long outgoingBytes;
    /** The last number read; -1 = no subscriber on this instance. */
    private long readThrough = -1;

    private long refreshedAt = System.nanoTime();
    private volatile Set<Integer> watchedElsewhere = Set.of();
    private volatile boolean closed;

    StreamRelay(StreamSubscribers streams, StreamRelayStore store, InstanceNotifier notifier) {
        this.streams = streams;
        this.store = store;
        this.notifier = notifier;
        this.relay = Thread.ofVirtual().name("rowmq-relay").start(this::relay);
    }

    /** Adds a subscriber. From the return of this method it gets every message sent on any instance. */
    public StreamSubscriber join(Queue queue) {
        StreamSubscriber subscriber = streams.join(queue);
        if (notifier.othersListen()) {
            try {
                store.watch(self, Set.of(queue.id()));
            } catch (RuntimeException failure) {
                subscriber.close();
                throw failure;
            }
            LockSupport.parkNanos(WATCH_DELAY.toNanos());
        }
        return subscriber;
    }

    public boolean concerns(int queueId) {
        return streams.watched(queueId) || watchedElsewhere.contains(queueId);
    }

    /** Called after the commit. Returns at once. */
    public void sent(List<StreamedMessage> copies) {
        streams.offer(copies);
        if (copies.stream().noneMatch(copy -> watchedElsewhere.contains(copy.queueId()))) {
            return;
        }
        synchronized (outgoing) {
            for (StreamedMessage copy : copies) {
                if (outgoingBytes + copy.size() > MAX_BYTES && !outgoing.isEmpty()) {
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
                    writeOutgoing();
                    readIncoming();
                }
            } catch (RuntimeException | Error notNow) {
                log.atLevel(QueueException.isDatabaseFault(notNow) ? Level.DEBUG : Level.WARN)
                        .log("messages cannot be passed to subscribers on other instances at the moment: {}",
                                notNow.toString());
                LockSupport.parkNanos(REFRESH_INTERVAL.toNanos());
            }
            LockSupport.parkNanos(notifier.othersListen() ? INTERVAL.toNanos() : REFRESH_INTERVAL.toNanos());
        }
    }

    private void refresh() {
        if (System.nanoTime() - refreshedAt < REFRESH_INTERVAL.toNanos()) {
            return;
        }
        refreshedAt = System.nanoTime();
        Set<Integer> watched = streams.watched();
        if (!watched.isEmpty()) {
            store.watch(self, watched);
        }
        watchedElsewhere = store.watchedElsewhere(self);
    }

    private void writeOutgoing() {
        List<RelayedItem> all = new ArrayList<>();
        synchronized (outgoing) {
            outgoing.forEach(copy -> all.add(new RelayedItem.MessageItem(copy)));
            lost.forEach((queueId, messages) -> all.add(new RelayedItem.DroppedItem(queueId, messages)));
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
                        left.queueId(),
                        left instanceof RelayedItem.DroppedItem gone ? gone.messages() : 1L,
                        Long::sum));
            }
            throw failure;
        }
    }

    private void readIncoming() {
        if (streams.watched().isEmpty()) {
            readThrough = -1;
            return;
        }
        if (readThrough < 0) {
            // copies written before the first subscriber came are not for it
            readThrough = store.lastNumber();
        }
        for (int i = 0; i < MAX_READS_PER_INTERVAL; i++) {
            SortedMap<Long, RelayedItem> left = store.left(self, readThrough);
            if (left.isEmpty()) {
                return;
            }
            left.values().forEach(this::deliver);
            readThrough = left.lastKey();
        }
    }

    private void deliver(RelayedItem left) {
        switch (left) {
            case RelayedItem.MessageItem sent -> streams.offer(List.of(sent.copy()));
            case RelayedItem.DroppedItem dropped -> streams.dropped(dropped.queueId(), dropped.messages());
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(relay);
    }
}
