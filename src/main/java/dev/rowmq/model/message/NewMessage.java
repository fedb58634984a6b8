package dev.rowmq.model.message;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A message as a producer gives it.
 *
 * @param id        the producer's own id, 1 to 100 printable characters; the same id again is stored once
 * @param metadata  up to 10 entries
 * @param priority  0 is the highest; outside the queue's levels means the lowest
 * @param delay     rest before the first delivery; empty = the queue's
 * @param deliverAt the same as a time; excludes {@code delay}; a past time means at once
 * @param ttl       how long it may wait once visible, 1s to 365d, if shorter than the queue's retention
 */
public record NewMessage(
        Body body,
        Optional<String> id,
        Map<String, String> metadata,
        int priority,
        Optional<Duration> delay,
        Optional<Instant> deliverAt,
        Optional<Duration> ttl) {}
