package dev.rowmq.store;

import dev.rowmq.model.queue.QueueSettings;

/** The target of dead letters: the queue's own list, or another queue, which stores them as messages. */
public sealed interface DeadLetterTarget {

    record OwnList() implements DeadLetterTarget {}

    record OtherQueue(int queueId, QueueSettings settings, String fromName) implements DeadLetterTarget {}
}
