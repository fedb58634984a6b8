package dev.rowmq.model.message;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A message looked at without touching it.
 *
 * @param visibleAt when it can be received next; for one in flight, when its lease (and the rest after it) ends
 * @param expiresAt when it is removed if nobody took it
 */
public record MessageView(
        String id,
        State state,
        Body body,
        Map<String, String> metadata,
        int priority,
        int deliveries,
        Instant enqueuedAt,
        Instant visibleAt,
        Instant expiresAt,
        Optional<Instant> firstReceivedAt,
        Optional<String> lastError) {

    public enum State {
        READY,
        DELAYED,
        IN_FLIGHT
    }
}
