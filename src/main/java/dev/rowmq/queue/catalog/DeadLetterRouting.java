package dev.rowmq.queue.catalog;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.DeadLetterTarget;

import org.springframework.stereotype.Component;

/** The rule of where a queue's dead letters go. */
@Component
public class DeadLetterRouting {

    private final QueueDirectory queues;

    DeadLetterRouting(QueueDirectory queues) {
        this.queues = queues;
    }

    /** The queue's own list when the queue that should take them is gone: nothing is lost. */
    public DeadLetterTarget of(Queue queue) {
        return queue.settings()
                .deadLetterQueue()
                .flatMap(queues::find)
                .<DeadLetterTarget>map(
                        other -> new DeadLetterTarget.OtherQueue(other.id(), other.settings(), queue.name()))
                .orElseGet(DeadLetterTarget.OwnList::new);
    }
}
