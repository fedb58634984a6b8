package dev.rowmq.model.queue;

import java.time.Duration;
import java.util.Optional;

/**
 * A queue's figures as people read them.
 *
 * @param oldestAge age of the message that waits longest and is ready; empty when none is
 */
public record QueueStats(QueueCounts counts, Optional<Duration> oldestAge) {

    /** Mean bytes of a body. */
    public long averageMessageSize() {
        return mean(QueueCounter.SENT_BYTES, QueueCounter.SENT);
    }

    /** Mean number of messages a send call carried. */
    public long averageBatchSize() {
        return mean(QueueCounter.BATCHED, QueueCounter.SEND_CALLS);
    }

    /** Mean time from receive to ack. */
    public Duration processingLatency() {
        return Duration.ofMillis(mean(QueueCounter.LATENCY_MILLIS, QueueCounter.ACKED));
    }

    private long mean(QueueCounter sum, QueueCounter number) {
        return counts.get(number) == 0 ? 0 : counts.get(sum) / counts.get(number);
    }
}
