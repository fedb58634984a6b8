package dev.rowmq.model.queue;

import java.time.Duration;
import java.util.Optional;

/**
 * The figures of one queue in the form in which the API returns them.
 *
 * @param oldestAge age of the oldest ready message; empty when no message is ready
 */
public record QueueStats(QueueCounts counts, Optional<Duration> oldestAge) {

    /** Mean size of a body in bytes; 0 when nothing was sent. */
    public long averageMessageSize() {
        return mean(QueueCounter.SENT_BYTES, QueueCounter.SENT);
    }

    /** Mean number of messages per send call; 0 when there was no call. */
    public long averageBatchSize() {
        return mean(QueueCounter.BATCHED, QueueCounter.SEND_CALLS);
    }

    /** Mean time from receive to ack; 0s when nothing was acked. */
    public Duration processingLatency() {
        return Duration.ofMillis(mean(QueueCounter.LATENCY_MILLIS, QueueCounter.ACKED));
    }

    private long mean(QueueCounter sum, QueueCounter number) {
        return counts.get(number) == 0 ? 0 : counts.get(sum) / counts.get(number);
    }
}
