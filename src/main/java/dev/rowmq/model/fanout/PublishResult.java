package dev.rowmq.model.fanout;

import dev.rowmq.model.message.SendResult;

/** The result of publishing a message to one of the queues bound to the topic. */
public record PublishResult(String queue, SendResult result) {}
