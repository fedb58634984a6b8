package dev.rowmq.store;

import dev.rowmq.model.queue.QueueSettings;

import java.time.Duration;
import java.util.Map;

/**
 * A wish to lease messages of one queue.
 *
 * @param levels the priorities to look through, beginning with 0
 * @param from how far from the head of each priority to start, see {@link #claim}; keyed by priority
 * @param max  1 or more
 */
public record ClaimRequest(
        int queueId,
        QueueSettings settings,
        int levels,
        Duration visibilityTimeout,
        int max,
        Map<Integer, Long> from) {}
