package dev.rowmq.model.queue;

import java.time.Duration;
import java.util.Optional;

/**
 * A queue's figures as people read them.
 *
 * @param oldestAge age of the message that waits longest and is ready; empty when none is
 */
public record QueueStats(Counts counts, Optional<Duration> oldestAge) {

    /** Mean bytes of a body. */
    public long averageMessageSize() {
        return mean(Figure.SENT_BYTES, Figure.SENT);
    }

    /** Mean number of messages a send call carried. */
    public long averageBatchSize() {
        return mean(Figure.BATCHED, Figure.SEND_CALLS);
    }

    /** Mean time from receive to ack. */
    public Duration processingLatency() {
        return Duration.ofMillis(mean(Figure.LATENCY_MILLIS, Figure.ACKED));
    }

    private long mean(Figure sum, Figure number) {
        return counts.get(number) == 0 ? 0 : counts.get(sum) / counts.get(number);
    }
}
