package dev.rowmq.model.message;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A message to be sent.
 *
 * @param id        the producer's own id, 1 to 100 printable characters; a second message with the same id is not
 *     stored again
 * @param metadata  up to 10 entries
 * @param reserved  entries that are stored beside the metadata under reserved names, see {@link ReservedMetadata}
 * @param priority  0 is the highest; a value outside the queue's levels means the lowest level
 * @param delay     delay before the first delivery; empty = the delay of the queue
 * @param deliverAt time of the first delivery, instead of {@code delay}; a past time means at once
 * @param ttl       how long the message is kept once visible, 1s to 365d; used when it is shorter than the queue's
 *     retention
 */
public record NewMessage(
        Body body,
        Optional<String> id,
        Map<String, String> metadata,
        Map<String, String> reserved,
        int priority,
        Optional<Duration> delay,
        Optional<Instant> deliverAt,
        Optional<Duration> ttl) {

    /** The same message with other reserved entries. */
    public NewMessage withReserved(Map<String, String> entries) {
        return new NewMessage(body, id, metadata, entries, priority, delay, deliverAt, ttl);
    }

    /** The metadata and the reserved entries together, as they are stored. */
    public Map<String, String> allMetadata() {
        if (reserved.isEmpty()) {
            return metadata;
        }
        Map<String, String> all = new LinkedHashMap<>(metadata);
        all.putAll(reserved);
        return all;
    }
}
