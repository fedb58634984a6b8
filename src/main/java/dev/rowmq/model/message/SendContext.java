package dev.rowmq.model.message;

import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.queue.SendRate;

import java.time.Duration;
import java.util.Optional;

/**
 * The sender of a message, its rate limit, and how long the send may wait.
 *
 * @param name     name of the sender's API key; empty when no keys are configured
 * @param sendRate rate limit of that key; empty = no limit of its own
 * @param block    how long the send may wait for a rate limit, 0s to 60s; 0s = it is refused at once
 */
public record SendContext(Optional<String> name, Optional<SendRate> sendRate, Duration block) {

    public static final Duration MAX_BLOCK = Duration.ofSeconds(60);

    /** Name of the request attribute that holds the sender. */
    public static final String ATTRIBUTE = SendContext.class.getName();

    /** A sender without an API key, whose sends do not wait. */
    public static final SendContext ANYBODY = new SendContext(Optional.empty(), Optional.empty(), Duration.ZERO);

    public SendContext {
        RangeCheck.within("block", block, Duration.ZERO, MAX_BLOCK);
    }

    /**
     * The sender of a request.
     *
     * @param attribute value of the request's attribute {@link #ATTRIBUTE}; null or of another type means that the
     *     request has no API key
     * @return {@link #ANYBODY} for a request that has no API key
     */
    public static SendContext of(Object attribute) {
        return attribute instanceof SendContext sender ? sender : ANYBODY;
    }

    public SendContext blocking(Duration block) {
        return new SendContext(name, sendRate, block);
    }
}
