package dev.rowmq.model.fanout;

import dev.rowmq.model.error.RangeCheck;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A receiver to which the service pushes the messages of a queue by HTTP.
 *
 * @param disabled reason why the service no longer pushes, set after the receiver answered 410; empty = not disabled
 */
public record Subscription(
        int id,
        int queueId,
        String queue,
        String name,
        Settings settings,
        Secrets secrets,
        boolean paused,
        Optional<String> disabled,
        Instant createdAt) {

    /** Maximum number of subscriptions per queue. */
    public static final int MAX_PER_QUEUE = 20;

    public static final Duration MAX_OVERLAP = Duration.ofDays(7);

    /**
     * The settings of a subscription.
     *
     * @param url       address to which messages are posted
     * @param workers   maximum number of concurrent calls on each instance, 1 to 64
     * @param batchSize maximum number of messages per call, 1 to 100
     * @param timeout   limit for a whole call, 1s to 5m
     */
    public record Settings(String url, int workers, int batchSize, Duration timeout) {

        /** Settings of a new subscription unless the request sets others. The url is still missing. */
        public static final Settings DEFAULT = new Settings("", 4, 1, Duration.ofSeconds(15));

        public Settings {
            RangeCheck.within("workers", workers, 1, 64);
            RangeCheck.within("batchSize", batchSize, 1, 100);
            RangeCheck.within("timeout", timeout, Duration.ofSeconds(1), Duration.ofMinutes(5));
        }
    }

    /**
     * The secrets that sign calls (Standard Webhooks: {@code whsec_} and base64).
     *
     * @param old previous secret, which signs as well until {@code oldUntil}
     */
    public record Secrets(String current, Optional<String> old, Optional<Instant> oldUntil) {

        /** Omits the secrets, so that the text may be logged. */
        @Override
        public String toString() {
            return "Secrets[...]";
        }
    }

    /** Whether messages are to be delivered. */
    public boolean active() {
        return !paused && disabled.isEmpty();
    }
}
