package dev.rowmq.queue.catalog;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.ResourceName;
import dev.rowmq.store.cluster.CommittedState;
import dev.rowmq.store.cluster.QueueReplicator;
import dev.rowmq.store.database.Partitions;

import java.util.Optional;

import org.springframework.stereotype.Component;

/**
 * The queues, cached on this instance. A cached queue is at most {@code rowmq.queue.cache} old, and up to half as much
 * older while it is read again. While the first of several partitions is down, the queues last read are used.
 */
@Component
public class QueueDirectory {

    private static final int MAX_AT_ONCE = 1000;

    private final QueueAdmin queues;
    private final QueueProperties properties;
    private final QueueReplicator copies;
    private final RefreshingCache<Queue> cache;

    QueueDirectory(
            QueueAdmin queues,
            QueueProperties properties,
            Partitions partitions,
            QueueReplicator copies,
            CommittedState committed) {
        this.copies = copies;
        this.queues = queues;
        this.properties = properties;
        this.cache = new RefreshingCache<>(
                properties.cache(),
                new RefreshingCache.Source<>(
                        Queue::name,
                        () -> partitions.in(0, committed::ofQueues),
                        ResourceName::checked,
                        names -> partitions.in(0, () -> queues.find(names)),
                        MAX_AT_ONCE,
                        // while the first partition is down, the other partitions continue with the cached queues
                        partitions::canDegrade));
    }

    /** @throws dev.rowmq.model.error.QueueException QUEUE_NOT_FOUND, INVALID_QUEUE_NAME, and as {@link #find} */
    public Queue get(String name) {
        return find(name).orElseThrow(() -> QueueAdmin.notFound(name));
    }

    /** As {@link #get}; creates the queue if {@code rowmq.queue.auto-create} is set. */
    public Queue getOrCreate(String name) {
        return find(name).orElseGet(() -> {
            if (!properties.autoCreate()) {
                throw QueueAdmin.notFound(name);
            }
            return remember(create(name));
        });
    }

    private Queue create(String name) {
        try {
            Queue made = queues.put(name, existing -> existing.map(Queue::settings).orElse(QueueSettings.DEFAULT))
                    .value();
            copies.bringUpToDate();
            return made;
        } catch (QueueException refusal) {
            return queues.find(name)
                    .filter(made -> refusal.code() == ErrorCode.QUEUE_CONFLICT)
                    .orElseThrow(() -> refusal);
        }
    }

    /** @throws QueueException FORBIDDEN for a queue outside the caller's {@link QueueScope} */
    public Optional<Queue> find(String name) {
        return findInternal(QueueScope.checked(name));
    }

    /** As {@link #find}, for a queue that the caller has not named. */
    public Optional<Queue> findInternal(String name) {
        return cache.find(name);
    }

    public Queue remember(Queue queue) {
        return cache.remember(queue);
    }

    public void forget(String name) {
        cache.forget(name);
    }
}
