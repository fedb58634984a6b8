package dev.rowmq.queue.task;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.task.MessageTask;
import dev.rowmq.queue.StoreStatus;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.queue.storage.StorageSelector;
import dev.rowmq.store.DeadLetterTarget;

import org.springframework.stereotype.Component;

/** The queues of tasks, as they are at the moment. */
@Component
class TaskQueues {

    private final QueueDirectory queues;
    private final StorageSelector storages;
    private final StoreStatus status;

    TaskQueues(QueueDirectory queues, StorageSelector storages, StoreStatus status) {
        this.queues = queues;
        this.storages = storages;
        this.status = status;
    }

    /** @throws TaskFailure when the queue was deleted */
    Queue of(MessageTask task) {
        return queues.find(task.queue())
                .filter(queue -> queue.id() == task.queueId())
                .orElseThrow(() -> new TaskFailure("queue '%s' was deleted".formatted(task.queue())));
    }

    QueueStorage storage(Queue queue) {
        return storages.of(queue);
    }

    /**
     * @param name the queue that takes the messages
     * @throws TaskFailure when there is no such durable queue
     */
    DeadLetterTarget.OtherQueue target(String name, String from) {
        return queues.find(name)
                .filter(other -> !other.inMemory())
                .map(other -> new DeadLetterTarget.OtherQueue(other.id(), other.settings(), from))
                .orElseThrow(() -> new TaskFailure("there is no durable queue '%s'".formatted(name)));
    }

    /** @throws TaskFailure also when only one of the queues is a FIFO queue */
    DeadLetterTarget.OtherQueue targetOfSameKind(String name, Queue from) {
        DeadLetterTarget.OtherQueue target = target(name, from.name());
        if (target.settings().fifo().isPresent() != from.settings().fifo().isPresent()) {
            throw new TaskFailure("only one of '%s' and '%s' is a FIFO queue".formatted(from.name(), name));
        }
        return target;
    }

    boolean allAnswer() {
        return !status.partitions().containsValue(false);
    }
}
