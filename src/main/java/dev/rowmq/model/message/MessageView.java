package dev.rowmq.model.message;

import dev.rowmq.model.message.key.MessageKey;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A message as read without receiving it.
 *
 * @param key       where it is stored; its id may be that of another message too, which came from another queue
 * @param visibleAt when the message can next be received; for a message in flight, the end of its lease plus the
 *     backoff after it
 * @param expiresAt when the message is removed unless it is acked before
 */
public record MessageView(
        String id,
        State state,
        Body body,
        Map<String, String> metadata,
        MessageKey key,
        int deliveries,
        Instant enqueuedAt,
        Instant visibleAt,
        Instant expiresAt,
        Optional<Instant> firstReceivedAt,
        Optional<String> lastError) {

    public int priority() {
        return key.priority();
    }

    public enum State {
        READY,
        DELAYED,
        IN_FLIGHT
    }
}
