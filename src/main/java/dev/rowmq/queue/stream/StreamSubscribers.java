package dev.rowmq.queue.stream;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.catalog.QueueDeleted;
import dev.rowmq.queue.storage.StorageSelector;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** The subscribers of streams on this instance, by queue. Each gets a copy of every message sent to its queue. */
@Component
public class StreamSubscribers {

    private final Map<Integer, List<StreamSubscriber>> subscribers = new ConcurrentHashMap<>();
    private final StreamProperties limits;
    private final StorageSelector storages;
    private int count;
    private boolean closed;

    StreamSubscribers(StreamProperties limits, StorageSelector storages) {
        this.limits = limits;
        this.storages = storages;
    }

    /** @throws QueueException OVERLOADED when the maximum number of subscribers is reached, or the service stops */
    synchronized StreamSubscriber join(Queue queue) {
        if (closed || count >= limits.subscribers()) {
            throw new QueueException(
                    ErrorCode.OVERLOADED,
                    closed
                            ? "the service is stopping; try another instance"
                            : ("%d subscribers watch queues on this instance, which is the most "
                                    + "(rowmq.stream.subscribers)")
                                    .formatted(count));
        }
        count++;
        StreamSubscriber[] self = new StreamSubscriber[1];
        self[0] = new StreamSubscriber(queue.id(), limits, () -> leave(self[0]));
        subscribers.computeIfAbsent(queue.id(), id -> new CopyOnWriteArrayList<>()).add(self[0]);
        return self[0];
    }

    private synchronized void leave(StreamSubscriber subscriber) {
        subscribers.computeIfPresent(subscriber.queueId(), (id, all) -> {
            count -= all.remove(subscriber) ? 1 : 0;
            return all.isEmpty() ? null : all;
        });
    }

    /**
     * Reads the messages after a position that are still in the queue, in the order of sending, one in memory at a
     * time. The subscriber does not get them again.
     */
    public void replay(Queue queue, StreamSubscriber subscriber, long after, Consumer<StreamedMessage> reader) {
        storages.of(queue)
                .replay(
                        queue,
                        after,
                        copy -> {
                            subscriber.replayed(copy.position());
                            reader.accept(copy);
                        },
                        () -> subscriber.dropped(1));
    }

    boolean watched(int queueId) {
        return subscribers.containsKey(queueId);
    }

    Set<Integer> watched() {
        return Set.copyOf(subscribers.keySet());
    }

    void offer(Collection<StreamedMessage> copies) {
        for (StreamedMessage copy : copies) {
            of(copy.queueId()).forEach(subscriber -> subscriber.offer(copy));
        }
    }

    void dropped(int queueId, long messages) {
        of(queueId).forEach(subscriber -> subscriber.dropped(messages));
    }

    private List<StreamSubscriber> of(int queueId) {
        return Optional.ofNullable(subscribers.get(queueId)).orElse(List.of());
    }

    /** Ends the streams of a deleted queue. */
    @EventListener
    void deleted(QueueDeleted event) {
        of(event.queue().id()).forEach(StreamSubscriber::end);
    }

    /** Ends all streams and refuses new ones. */
    public void close() {
        synchronized (this) {
            closed = true;
        }
        subscribers.values().forEach(all -> all.forEach(StreamSubscriber::end));
    }
}
