package dev.rowmq.queue.catalog;

import dev.rowmq.model.queue.Queue;

/**
 * An event: a queue was created, changed or resumed. Published after the commit, on the instance that made the change.
 *
 * @param resumed whether receivers may get messages again
 */
public record QueueChanged(Queue queue, boolean resumed) {}
