package dev.rowmq.model.message;

import dev.rowmq.model.message.key.MessageKey;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A message that will not be delivered again, with the reason.
 *
 * @param key where it is stored; several dead letters may have one id
 */
public record DeadLetter(
        String id,
        Reason reason,
        Optional<String> lastError,
        Body body,
        Map<String, String> metadata,
        MessageKey key,
        int deliveries,
        Instant enqueuedAt,
        Optional<Instant> firstReceivedAt,
        Instant deadAt) {

    public int priority() {
        return key.priority();
    }

    /** A dead letter without its body and metadata. */
    public record Summary(String id, Reason reason, Optional<String> lastError, Instant deadAt) {}

    /**
     * Returns the metadata that the message has in the dead letter queue: its own entries, the queue it comes from, the
     * reason, the number of deliveries and the last error.
     *
     * @param error may be null
     */
    public static Map<String, String> withOrigin(
            Map<String, String> metadata, String fromQueue, Reason reason, int deliveries, String error) {
        Map<String, String> withOrigin = new LinkedHashMap<>(metadata);
        withOrigin.put(ReservedMetadata.DEAD_LETTER_QUEUE, fromQueue);
        withOrigin.put(ReservedMetadata.DEAD_LETTER_REASON, reason.text());
        withOrigin.put(ReservedMetadata.DEAD_LETTER_DELIVERIES, Integer.toString(deliveries));
        if (error != null && !error.isEmpty()) {
            withOrigin.put(ReservedMetadata.DEAD_LETTER_ERROR, error);
        }
        return withOrigin;
    }

    /** The metadata before the message became a dead letter. */
    public static Map<String, String> withoutOrigin(Map<String, String> metadata) {
        Map<String, String> withoutOrigin = new LinkedHashMap<>(metadata);
        withoutOrigin.keySet().removeAll(ReservedMetadata.DEAD_LETTER);
        return withoutOrigin;
    }

    /** The ordinals are stored in the database, so constants may only be appended. */
    public enum Reason {
        /** Delivered as often as the queue allows without an ack. */
        MAX_DELIVERIES,
        /** Not acked within its retention or ttl, in a queue that makes expired messages dead letters. */
        EXPIRED;

        /** Name in the API, such as {@code max-deliveries}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
