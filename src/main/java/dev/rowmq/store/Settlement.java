package dev.rowmq.store;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.queue.QueueSettings;

import java.time.Duration;
import java.util.Optional;

/** What to do with a lease. It counts only while nobody else leased the message since. */
public sealed interface Settlement {

    MessageKey key();

    long token();

    record Ack(MessageKey key, long token, Duration processedRetention) implements Settlement {}

    /**
     * The message was dealt with: an ack, and its id is recorded as processed, also where the lease does not count any
     * more and where the id is a generated one.
     */
    record Complete(MessageKey key, long token, String id, Duration processedRetention) implements Settlement {}

    /**
     * Gives the message back, after a rest.
     *
     * @param error kept with the message unless empty
     */
    record Release(MessageKey key, long token, Duration rest, Optional<String> error) implements Settlement {}

    /** The lease reached no client: the message is ready at once, and the delivery is not counted. */
    record TakeBack(MessageKey key, long token) implements Settlement {}

    /** Makes it a dead letter. */
    record Bury(MessageKey key, long token, DeadLetter.Reason reason, Optional<String> error, DeadLetterTarget grave)
            implements Settlement {}

    /**
     * The lease ends that long from now, but at most {@link QueueSettings#LONGEST_LEASE} after it began.
     *
     * @param rest after an end without a word
     */
    record Extend(MessageKey key, long token, Duration visibilityTimeout, Duration rest) implements Settlement {}
}
