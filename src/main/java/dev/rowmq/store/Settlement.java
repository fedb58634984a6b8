package dev.rowmq.store;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.QueueSettings;

import java.time.Duration;
import java.util.Optional;

/** The settlement of a lease. It takes effect only while the message still has the token of this lease. */
public sealed interface Settlement {

    MessageKey key();

    long token();

    record Ack(MessageKey key, long token, Duration processedRetention) implements Settlement {}

    /**
     * The message was processed: an ack that also records its id as processed, even when the lease no longer counts or
     * the id is a generated one.
     */
    record AckAndRecord(MessageKey key, long token, String id, Duration processedRetention) implements Settlement {}

    /**
     * Returns the message to the queue after a delay.
     *
     * @param backoff  the delay
     * @param error kept with the message unless empty
     */
    record Nack(MessageKey key, long token, Duration backoff, Optional<String> error) implements Settlement {}

    /** The lease reached no client: the message is ready at once, and the delivery is not counted. */
    record TakeBack(MessageKey key, long token) implements Settlement {}

    /** Makes the message a dead letter. */
    record ToDeadLetters(
            MessageKey key, long token, DeadLetter.Reason reason, Optional<String> error, DeadLetterTarget target)
            implements Settlement {}

    /** Moves the message into another durable queue, as if it were sent there at this moment with the same id. */
    record Move(MessageKey key, long token, DeadLetterTarget.OtherQueue target) implements Settlement {}

    /**
     * Moves the lease's deadline to {@code visibilityTimeout} from now, at most {@link QueueSettings#MAX_LEASE}
     * after the lease began.
     *
     * @param backoff backoff after a lease that ends without a settlement
     */
    record Extend(MessageKey key, long token, Duration visibilityTimeout, Duration backoff) implements Settlement {}
}
