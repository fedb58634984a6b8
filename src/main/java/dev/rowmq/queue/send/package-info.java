/**
 * Sending: checks, rate limits, capacity, fan-out to the queues of a topic. Layer: queue. Entry point: {@link
 * dev.rowmq.queue.send.MessageSender}.
 */
package dev.rowmq.queue.send;

