package dev.rowmq.model.message;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A message that was given up, with why. */
public record DeadLetter(
        String id,
        Reason reason,
        Optional<String> lastError,
        Body body,
        Map<String, String> metadata,
        int priority,
        int deliveries,
        Instant enqueuedAt,
        Optional<Instant> firstReceivedAt,
        Instant deadAt) {

    /**
     * A message's own metadata, and where it comes from and why: what it has in the queue that takes it.
     *
     * @param error may be null
     */
    public static Map<String, String> told(
            Map<String, String> metadata, String fromQueue, Reason reason, int deliveries, String error) {
        Map<String, String> told = new LinkedHashMap<>(metadata);
        told.put("rowmq.dead-letter.queue", fromQueue);
        told.put("rowmq.dead-letter.reason", reason.text());
        told.put("rowmq.dead-letter.deliveries", Integer.toString(deliveries));
        if (error != null) {
            told.put("rowmq.dead-letter.error", error);
        }
        return told;
    }

    /** The order is that of the stored numbers: append only. */
    public enum Reason {
        /** Delivered as often as the queue allows, and never acked. */
        MAX_DELIVERIES,
        /** Not acked within its retention or ttl, on a queue that keeps those. */
        EXPIRED,
        /** A consumer said that it can never be processed. */
        REJECTED;

        /** As the API writes it: {@code max-deliveries}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
