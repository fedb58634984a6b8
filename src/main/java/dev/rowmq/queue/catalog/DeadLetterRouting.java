package dev.rowmq.queue.catalog;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.DeadLetterTarget;

import org.springframework.stereotype.Component;

/** Selects the target of a queue's dead letters. */
@Component
public class DeadLetterRouting {

    private final QueueDirectory queues;

    DeadLetterRouting(QueueDirectory queues) {
        this.queues = queues;
    }

    /** The queue's own list if no other queue is configured, or if that queue no longer exists: no message is lost. */
    public DeadLetterTarget of(Queue queue) {
        return queue.settings()
                .deadLetterQueue()
                .flatMap(queues::findInternal)
                .<DeadLetterTarget>map(
                        other -> new DeadLetterTarget.OtherQueue(other.id(), other.settings(), queue.name()))
                .orElseGet(DeadLetterTarget.OwnList::new);
    }
}
