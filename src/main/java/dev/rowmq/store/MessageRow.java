package dev.rowmq.store;

import dev.rowmq.model.message.Body;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A message to store.
 *
 * @param id        the producer's id, or empty
 * @param bodyHash  SHA-256 that tells bodies with the same id apart; null without an id
 * @param delay     rest from now; not used with {@code deliverAt}
 * @param life      how long it is kept once visible
 * @param ownLife   whether that is its own and not its queue's
 * @param capacity  most messages the queue may hold with this one, 0 for no limit, or {@link #FULL}
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
        long capacity) {

    /** A capacity that has no room at all. */
    public static final long FULL = -1;

    /** The same with another capacity. */
    public MessageRow holding(long most) {
        return new MessageRow(queueId, priority, id, bodyHash, body, metadata, delay, deliverAt, life, ownLife, most);
    }
}
