package dev.rowmq.queue;

import dev.rowmq.model.Upserted;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.catalog.QueueChanged;
import dev.rowmq.queue.catalog.QueueDeleted;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.store.cluster.QueueReplicator;

import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;

/** Creates, changes, pauses and deletes queues, and publishes each change on this instance after its commit. */
@Component
class QueueLifecycle {

    private final QueueAdmin queues;
    private final QueueDirectory directory;
    private final QueueReplicator replicator;
    private final ApplicationEventPublisher events;

    QueueLifecycle(
            QueueAdmin queues,
            QueueDirectory directory,
            QueueReplicator replicator,
            ApplicationEventPublisher events) {
        this.queues = queues;
        this.directory = directory;
        this.replicator = replicator;
        this.events = events;
    }

    Upserted<Queue> put(String name, Function<Optional<QueueSettings>, QueueSettings> change) {
        return write(name, existing -> change.apply(existing.map(Queue::settings)));
    }

    Upserted<Queue> createIfAbsent(String name, QueueSettings settings) {
        return write(name, existing -> existing.map(Queue::settings).orElse(settings));
    }

    Queue change(String name, UnaryOperator<QueueSettings> change) {
        return write(name, existing -> change.apply(
                        existing.orElseThrow(() -> QueueAdmin.notFound(name)).settings()))
                .value();
    }

    private Upserted<Queue> write(String name, Function<Optional<Queue>, QueueSettings> change) {
        Upserted<Queue> put = queues.put(name, change);
        replicator.bringUpToDate();
        events.publishEvent(new QueueChanged(put.value(), false));
        directory.remember(put.value());
        return put;
    }

    void delete(String name) {
        Queue deleted = queues.delete(name);
        replicator.bringUpToDate();
        directory.forget(name);
        events.publishEvent(new QueueDeleted(deleted));
    }

    Queue pause(String name) {
        return directory.remember(queues.pause(name, true));
    }

    Queue resume(String name) {
        Queue queue = directory.remember(queues.pause(name, false));
        events.publishEvent(new QueueChanged(queue, true));
        return queue;
    }
}
