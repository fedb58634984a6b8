package dev.rowmq.queue;

import dev.rowmq.message.ErrorCode;
import dev.rowmq.message.Queue;
import dev.rowmq.message.QueueName;
import dev.rowmq.message.QueueSettings;
import dev.rowmq.message.Refusal;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

import org.springframework.stereotype.Component;

/** What this instance knows of the queues, at most {@code rowmq.queue.cache} old, and half as much again while one request reads it anew. */
@Component
class KnownQueues {

    private final Queues queues;
    private final QueueProperties properties;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    /** @param beingRead whether somebody is reading it anew: the others need not */
    private record Known(Queue queue, long readAt, AtomicBoolean beingRead) {

        boolean youngerThan(long nanos) {
            return System.nanoTime() - readAt < nanos;
        }
    }

    KnownQueues(Queues queues, QueueProperties properties) {
        this.queues = queues;
        this.properties = properties;
    }

    /** @throws dev.rowmq.message.Refusal QUEUE_NOT_FOUND, INVALID_QUEUE_NAME */
    Queue get(String name) {
        return find(name).orElseThrow(() -> Queues.notFound(name));
    }

    /** As {@link #get}; makes the queue when that is set. */
    Queue getOrCreate(String name) {
        return find(name).orElseGet(() -> {
            if (!properties.autoCreate()) {
                throw Queues.notFound(name);
            }
            return remember(create(name));
        });
    }

    private Queue create(String name) {
        try {
            return queues.put(name, UnaryOperator.<QueueSettings>identity()).queue();
        } catch (Refusal refusal) {
            return queues.find(name).filter(made -> refusal.code() == ErrorCode.QUEUE_CONFLICT).orElseThrow(() -> refusal);
        }
    }

    Optional<Queue> find(String name) {
        Known recent = known.get(name);
        long cache = properties.cache().toNanos();
        if (recent != null
                && (recent.youngerThan(cache)
                        || recent.youngerThan(cache * 3 / 2) && !recent.beingRead().compareAndSet(false, true))) {
            return Optional.of(recent.queue());
        }
        Optional<Queue> read = queues.find(QueueName.checked(name));
        read.ifPresentOrElse(this::remember, () -> known.remove(name));
        return read;
    }

    Queue remember(Queue queue) {
        known.put(queue.name(), new Known(queue, System.nanoTime(), new AtomicBoolean()));
        return queue;
    }

    void forget(String name) {
        known.remove(name);
    }
}
