package dev.rowmq.store;

import dev.rowmq.model.message.Body;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A message to store.
 *
 * @param id       the producer's id, or empty
 * @param bodyHash SHA-256 that distinguishes bodies with the same id; null without an id and a deduplication key
 * @param delay    delay from now; not used with {@code deliverAt}
 * @param life     how long the message is kept once it is visible
 * @param ownLife  whether {@code life} is the message's own setting and not its queue's
 * @param capacity maximum messages in the queue, this one included, 0 for no limit, or {@link #FULL}
 * @param group    the message group; present if and only if the queue is a FIFO queue
 * @param deduplicationKey a text that no producer's id can be: a second message with the same one is a duplicate within
 *     five minutes; not used with {@code id}
 */
public record MessageRow(
        int queueId,
        int priority,
        Optional<String> id,
        byte[] bodyHash,
        Body body,
        Map<String, String> metadata,
        Duration delay,
        Optional<Instant> deliverAt,
        Duration life,
        boolean ownLife,
        long capacity,
        Optional<String> group,
        Optional<String> deduplicationKey) {

    /** The capacity of a queue that accepts no further message. */
    public static final long FULL = -1;

    /** Returns the same message with another capacity. */
    public MessageRow holding(long most) {
        return new MessageRow(queueId, priority, id, bodyHash, body, metadata, delay, deliverAt, life, ownLife, most,
                group, deduplicationKey);
    }

    /** The id under which the message is recorded, so that a second one is found to be a duplicate. */
    public Optional<String> recordedId() {
        return id.isPresent() ? id : deduplicationKey;
    }
}
