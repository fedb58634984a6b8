package dev.rowmq.store;

import dev.rowmq.model.queue.QueueSettings;

import java.time.Duration;
import java.util.Map;

/**
 * A request to lease messages of one queue.
 *
 * @param levels number of priorities to scan, beginning with 0
 * @param from   position after which the scan of each priority begins, keyed by priority, see
 *     {@link MessageStore#claim}
 * @param max    1 or more
 */
public record ClaimRequest(
        int queueId,
        QueueSettings settings,
        int levels,
        Duration visibilityTimeout,
        int max,
        Map<Integer, Long> from) {

    public ClaimRequest withMax(int fewer) {
        return new ClaimRequest(queueId, settings, levels, visibilityTimeout, fewer, from);
    }

    /** The request for priority 0 with another beginning of its scan. */
    public ClaimRequest withFrom(long position) {
        return new ClaimRequest(queueId, settings, levels, visibilityTimeout, max, Map.of(0, position));
    }
}
