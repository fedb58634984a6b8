package dev.rowmq.model.message;

import dev.rowmq.model.error.Bounds;
import dev.rowmq.model.queue.SendRate;

import java.time.Duration;
import java.util.Optional;

/**
 * Who sends, and how patiently.
 *
 * @param name     of the caller's key; empty where there are no keys
 * @param sendRate of that key; empty = no limit of its own
 * @param block    how long the send may wait for a rate limit, 0s to 60s; 0s = it is refused at once
 */
public record Sender(Optional<String> name, Optional<SendRate> sendRate, Duration block) {

    public static final Duration LONGEST_BLOCK = Duration.ofSeconds(60);

    /** The name under which a request carries its sender. */
    public static final String ATTRIBUTE = Sender.class.getName();

    /** Nobody in particular, who does not wait. */
    public static final Sender ANYBODY = new Sender(Optional.empty(), Optional.empty(), Duration.ZERO);

    public Sender {
        Bounds.within("block", block, Duration.ZERO, LONGEST_BLOCK);
    }

    public Sender blocking(Duration block) {
        return new Sender(name, sendRate, block);
    }
}
