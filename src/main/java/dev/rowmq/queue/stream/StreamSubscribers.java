package dev.rowmq.queue.stream;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.cluster.StreamRelayStore;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.memory.InMemoryMessageStore;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import org.springframework.stereotype.Component;

/** Who watches which queue on this instance. Every message sent is offered to each of them, whatever becomes of it. */
@Component
public class StreamSubscribers {

    private static final int PAGE = 1000;

    private final Map<Integer, List<StreamSubscriber>> subscribers = new ConcurrentHashMap<>();
    private final StreamProperties limits;
    private final StreamRelayStore store;
    private final Partitions partitions;
    private final InMemoryMessageStore memory;
    private int many;
    private boolean closed;

    StreamSubscribers(
            StreamProperties limits, StreamRelayStore store, Partitions partitions, InMemoryMessageStore memory) {
        this.memory = memory;
        this.limits = limits;
        this.store = store;
        this.partitions = partitions;
    }

    /** @throws QueueException OVERLOADED when there are as many as are allowed */
    synchronized StreamSubscriber join(Queue queue) {
        if (closed || many >= limits.subscribers()) {
            throw new QueueException(
                    ErrorCode.OVERLOADED,
                    closed
                            ? "the service is stopping; try another instance"
                            : ("%d subscribers watch queues on this instance, which is the most "
                                    + "(rowmq.stream.subscribers)")
                                    .formatted(many));
        }
        many++;
        StreamSubscriber[] self = new StreamSubscriber[1];
        self[0] = new StreamSubscriber(queue.id(), limits, () -> leave(self[0]));
        subscribers.computeIfAbsent(queue.id(), id -> new CopyOnWriteArrayList<>()).add(self[0]);
        return self[0];
    }

    private synchronized void leave(StreamSubscriber subscriber) {
        subscribers.computeIfPresent(subscriber.queueId(), (id, all) -> {
            many -= all.remove(subscriber) ? 1 : 0;
            return all.isEmpty() ? null : all;
        });
    }

    /**
     * Tells what was sent behind that position and is still there, and of other partitions all that is still there, in
     * the order of sending, one message in memory at a time; the subscriber does not get it again.
     */
    public void replay(Queue queue, StreamSubscriber subscriber, long behind, Consumer<StreamedMessage> reader) {
        if (queue.inMemory()) {
            replayMemory(queue, subscriber, behind, reader);
            return;
        }
        for (int n = 0; n < partitions.count(); n++) {
            long from = n == Partitions.of(behind) ? behind : 0;
            try {
                partitions.in(n, () -> {
                    replayOne(queue, subscriber, from, reader);
                    return from;
                });
            } catch (QueueException down) {
                if (partitions.count() == 1) {
                    throw down;
                }
                // what is sent from now on is told all the same
                subscriber.dropped(1);
            }
        }
    }

    private void replayMemory(Queue queue, StreamSubscriber subscriber, long behind, Consumer<StreamedMessage> reader) {
        long last = behind;
        List<StreamedMessage> page;
        do {
            page = memory.still(queue.id(), last, PAGE);
            for (StreamedMessage copy : page) {
                last = copy.position();
                subscriber.told(last);
                reader.accept(copy);
            }
        } while (page.size() == PAGE);
    }

    private void replayOne(Queue queue, StreamSubscriber subscriber, long behind, Consumer<StreamedMessage> reader) {
        long last = behind;
        List<MessageKey> page;
        do {
            page = store.still(queue.id(), queue.levels(), last, PAGE);
            for (MessageKey key : page) {
                last = key.position();
                store.find(key).ifPresent(copy -> {
                    subscriber.told(copy.position());
                    reader.accept(copy);
                });
            }
        } while (page.size() == PAGE);
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

    /** The queue is gone. */
    public void end(int queueId) {
        of(queueId).forEach(StreamSubscriber::end);
    }

    /** Sends everybody away, now and for ever. */
    public void close() {
        synchronized (this) {
            closed = true;
        }
        subscribers.values().forEach(all -> all.forEach(StreamSubscriber::end));
    }
}
