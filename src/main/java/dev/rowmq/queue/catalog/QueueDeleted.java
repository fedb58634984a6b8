package dev.rowmq.queue.catalog;

import dev.rowmq.model.queue.Queue;

/** An event: a queue was deleted. Published after the commit, on the instance that deleted it. */
public record QueueDeleted(Queue queue) {}
