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
 * @param metadata  up to 10 entries, beside those of a trace
 * @param reserved  entries that are stored beside the metadata under reserved names, see {@link ReservedMetadata}
 * @param priority  0 is the highest; a value outside the queue's levels means the lowest level
 * @param delay     delay before the first delivery; empty = the delay of the queue
 * @param deliverAt time of the first delivery, instead of {@code delay}; a past time means at once
 * @param ttl       how long the message is kept once visible, 1s to 365d; used when it is shorter than the queue's
 *     retention
 * @param group     the message group, 1 to 128 printable ASCII characters; a FIFO queue requires it
 * @param deduplicationId for FIFO queues: a second message with the same one within five minutes is not stored again;
 *     not used with {@code id}; 1 to 128 printable ASCII characters
 */
public record NewMessage(
        Body body,
        Optional<String> id,
        Map<String, String> metadata,
        Map<String, String> reserved,
        int priority,
        Optional<Duration> delay,
        Optional<Instant> deliverAt,
        Optional<Duration> ttl,
        Optional<String> group,
        Optional<String> deduplicationId) {

    /** The same message with other reserved entries. */
    public NewMessage withReserved(Map<String, String> entries) {
        return new NewMessage(body, id, metadata, entries, priority, delay, deliverAt, ttl, group,
                deduplicationId);
    }

    /** The same message with a deduplication id. */
    public NewMessage withDeduplicationId(String other) {
        return new NewMessage(body, id, metadata, reserved, priority, delay, deliverAt, ttl, group,
                Optional.of(other));
    }

    /** The metadata and the reserved entries together, as they are stored. */
    public Map<String, String> allMetadata() {
        if (reserved.isEmpty() && group.isEmpty()) {
            return metadata;
        }
        Map<String, String> all = new LinkedHashMap<>(metadata);
        all.putAll(reserved);
        group.ifPresent(value -> all.put(ReservedMetadata.GROUP, value));
        deduplicationId.ifPresent(value -> all.put(ReservedMetadata.DEDUPLICATION_ID, value));
        return all;
    }
}
