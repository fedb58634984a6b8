package dev.rowmq.model.fanout;

import dev.rowmq.model.message.SendResult;

/** What became of a message that was sent to a topic, in one of the queues that take it. */
public record PublishResult(String queue, SendResult result) {}
