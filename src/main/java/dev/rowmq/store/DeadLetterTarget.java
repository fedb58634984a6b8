package dev.rowmq.store;

import dev.rowmq.model.queue.QueueSettings;

/** Where dead letters go: the queue's own list, or another queue as messages. */
public sealed interface DeadLetterTarget {

    record OwnList() implements DeadLetterTarget {}

    record OtherQueue(int queueId, QueueSettings settings, String fromName) implements DeadLetterTarget {}
}
