package dev.rowmq.model.fanout;

import dev.rowmq.model.error.RangeCheck;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A receiver to whom the service itself takes a queue's messages, by HTTP.
 *
 * @param disabled why nothing is delivered any more, after the receiver answered 410
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

    /** Most of one queue. */
    public static final int MOST = 20;

    public static final Duration LONGEST_OVERLAP = Duration.ofDays(7);

    /**
     * What can be chosen.
     *
     * @param url       where messages are posted to
     * @param workers   calls at a time, 1 to 64, on each instance
     * @param batchSize messages in one call, 1 to 100
     * @param timeout   of a whole call, 1s to 5m
     */
    public record Settings(String url, int workers, int batchSize, Duration timeout) {

        /** What a new one has unless told otherwise; it has no url yet. */
        public static final Settings DEFAULT = new Settings("", 4, 1, Duration.ofSeconds(15));

        public Settings {
            RangeCheck.within("workers", workers, 1, 64);
            RangeCheck.within("batchSize", batchSize, 1, 100);
            RangeCheck.within("timeout", timeout, Duration.ofSeconds(1), Duration.ofMinutes(5));
        }
    }

    /**
     * What calls are signed with (Standard Webhooks: {@code whsec_} and base64).
     *
     * @param old signs as well, until {@code oldUntil}
     */
    public record Secrets(String current, Optional<String> old, Optional<Instant> oldUntil) {

        /** Fit for a log. */
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
