/**
 * Streams: a copy of each message for every subscriber of a queue, on any instance. Layer: queue. Entry point:
 * {@link dev.rowmq.queue.stream.StreamRelay}.
 */
package dev.rowmq.queue.stream;

