package dev.rowmq.queue.stream;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.Refusal;
import dev.rowmq.model.fanout.Copy;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.cluster.CopyStore;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.memory.MemoryStore;

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
public class Streams {

    private static final int PAGE = 1000;

    private final Map<Integer, List<Subscriber>> subscribers = new ConcurrentHashMap<>();
    private final StreamProperties limits;
    private final CopyStore store;
    private final Partitions partitions;
    private final MemoryStore memory;
    private int many;
    private boolean closed;

    Streams(StreamProperties limits, CopyStore store, Partitions partitions, MemoryStore memory) {
        this.memory = memory;
        this.limits = limits;
        this.store = store;
        this.partitions = partitions;
    }

    /** @throws Refusal OVERLOADED when there are as many as are allowed */
    synchronized Subscriber join(Queue queue) {
        if (closed || many >= limits.subscribers()) {
            throw new Refusal(
                    ErrorCode.OVERLOADED,
                    closed
                            ? "the service is stopping; try another instance"
                            : "%d subscribers watch queues on this instance, which is the most (rowmq.stream.subscribers)".formatted(many));
        }
        many++;
        Subscriber[] self = new Subscriber[1];
        self[0] = new Subscriber(queue.id(), limits, () -> leave(self[0]));
        subscribers.computeIfAbsent(queue.id(), id -> new CopyOnWriteArrayList<>()).add(self[0]);
        return self[0];
    }

    private synchronized void leave(Subscriber subscriber) {
        subscribers.computeIfPresent(subscriber.queueId(), (id, all) -> {
            many -= all.remove(subscriber) ? 1 : 0;
            return all.isEmpty() ? null : all;
        });
    }

    /**
     * Tells what was sent behind that position and is still there, and of other partitions all that is still there, in the order of sending, one message in memory at a time;
     * the subscriber does not get it again.
     */
    public void replay(Queue queue, Subscriber subscriber, long behind, Consumer<Copy> reader) {
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
            } catch (Refusal down) {
                if (partitions.count() == 1) {
                    throw down;
                }
                // what is sent from now on is told all the same
                subscriber.dropped(1);
            }
        }
    }

    private void replayMemory(Queue queue, Subscriber subscriber, long behind, Consumer<Copy> reader) {
        long last = behind;
        List<Copy> page;
        do {
            page = memory.still(queue.id(), last, PAGE);
            for (Copy copy : page) {
                last = copy.position();
                subscriber.told(last);
                reader.accept(copy);
            }
        } while (page.size() == PAGE);
    }

    private void replayOne(Queue queue, Subscriber subscriber, long behind, Consumer<Copy> reader) {
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

    void offer(Collection<Copy> copies) {
        for (Copy copy : copies) {
            of(copy.queueId()).forEach(subscriber -> subscriber.offer(copy));
        }
    }

    void dropped(int queueId, long messages) {
        of(queueId).forEach(subscriber -> subscriber.dropped(messages));
    }

    private List<Subscriber> of(int queueId) {
        return Optional.ofNullable(subscribers.get(queueId)).orElse(List.of());
    }

    /** The queue is gone. */
    public void end(int queueId) {
        of(queueId).forEach(Subscriber::end);
    }

    /** Sends everybody away, now and for ever. */
    public void close() {
        synchronized (this) {
            closed = true;
        }
        subscribers.values().forEach(all -> all.forEach(Subscriber::end));
    }
}
