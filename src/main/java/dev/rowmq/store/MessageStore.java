package dev.rowmq.store;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.queue.EndReason;
import dev.rowmq.model.queue.QueueSettings;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The hot path: each method is durable work for a whole group of requests of different callers, and answers
 * one result per request in the order of the requests. All throw {@link dev.rowmq.model.error.QueueException} STORE_UNAVAILABLE
 * (nothing changed) or OUTCOME_UNKNOWN. All times are the database's.
 */
public interface MessageStore {

    /**
     * A message to store.
     *
     * @param id        the producer's id, or empty
     * @param bodyHash  SHA-256 that tells bodies with the same id apart; null without an id
     * @param delay     rest from now; not used with {@code deliverAt}
     * @param life      how long it is kept once visible
     * @param ownLife   whether that is its own and not its queue's
     * @param capacity  most messages the queue may hold with this one, 0 for no limit, or {@link #FULL}
     */
    record NewRow(
            int queueId,
            int priority,
            Optional<String> id,
            byte[] bodyHash,
            Body body,
            Map<String, String> metadata,
            Duration delay,
            Optional<Instant> deliverAt,
            Duration life,
            boolean ownLife,
            long capacity) {

        /** A capacity that has no room at all. */
        public static final long FULL = -1;

        /** The same with another capacity. */
        public NewRow holding(long most) {
            return new NewRow(queueId, priority, id, bodyHash, body, metadata, delay, deliverAt, life, ownLife, most);
        }
    }

    /** What became of a {@link NewRow}. */
    sealed interface Sent {

        record Stored(MessageKey key, Instant enqueuedAt, Instant visibleAt, boolean delayed) implements Sent {}

        /**
         * The id was known; the rest is the first message's.
         *
         * @param ended how that ended, when that was not by an ack
         */
        record Known(MessageKey key, byte[] bodyHash, Instant enqueuedAt, Instant visibleAt, Optional<EndReason> ended)
                implements Sent {}

        record QueueGone() implements Sent {}

        /** Its neighbours were stored; this one was not, or nobody knows, as {@code why} says. */
        record Unknown(QueueException why) implements Sent {}

        /** There is no room for it, whatever its queue may hold. @param why with the limit and its name */
        record NoRoom(String why) implements Sent {}

        /** @param held messages the queue holds */
        record QueueFull(long held) implements Sent {}
    }

    /** What became of the message that was sent with this one's id before; empty when none was, or it is forgotten. */
    Optional<Sent> find(NewRow row);

    /** Stores messages, in order. */
    List<Sent> send(List<NewRow> rows);

    /**
     * A wish to lease messages of one queue.
     *
     * @param levels the priorities to look through, beginning with 0
     * @param from how far from the head of each priority to start, see {@link #claim}; keyed by priority
     * @param max  1 or more
     */
    record Claim(
            int queueId,
            QueueSettings settings,
            int levels,
            Duration visibilityTimeout,
            int max,
            Map<Integer, Long> from) {}

    /** A lease on a message. */
    record Lease(
            MessageKey key,
            long token,
            int deliveries,
            Optional<String> id,
            Body body,
            Map<String, String> metadata,
            Instant enqueuedAt,
            Instant firstReceivedAt,
            Instant leaseUntil) {}

    /**
     * Leases messages in the order of their keys, each walk beginning behind the position given for its priority (0 =
     * from the head). Messages that another transaction is leasing, that rest, expired, or were delivered as often as the
     * settings allow are passed over. Never more than {@code max}, and
     * fewer when the bodies are large. Each claim is of another queue, or wants another visibility timeout.
     */
    List<Claimed> claim(List<Claim> claims);

    /**
     * What a claim got, in the order of the keys.
     *
     * @param more  whether it ended before the messages did: there may be more right behind
     * @param nanos how long it took
     */
    record Claimed(List<Lease> leases, boolean more, long nanos) {}

    /** What to do with a lease. It counts only while nobody else leased the message since. */
    sealed interface Settlement {

        MessageKey key();

        long token();

        record Ack(MessageKey key, long token, Duration processedRetention) implements Settlement {}

        /**
         * The message was dealt with: an ack, and its id is recorded as processed, also where the lease does not count any
         * more and where the id is a generated one.
         */
        record Complete(MessageKey key, long token, String id, Duration processedRetention) implements Settlement {}

        /** Gives the message back, after a rest. @param error kept with the message unless empty */
        record Release(MessageKey key, long token, Duration rest, Optional<String> error) implements Settlement {}

        /** The lease reached no client: the message is ready at once, and the delivery is not counted. */
        record TakeBack(MessageKey key, long token) implements Settlement {}

        /** Makes it a dead letter. */
        record Bury(MessageKey key, long token, DeadLetter.Reason reason, Optional<String> error, Grave grave)
                implements Settlement {}

        /**
         * The lease ends that long from now, but at most {@link QueueSettings#LONGEST_LEASE} after it began.
         *
         * @param rest after an end without a word
         */
        record Extend(MessageKey key, long token, Duration visibilityTimeout, Duration rest) implements Settlement {}
    }

    /** Where dead letters go: the queue's own list, or another queue as messages. */
    sealed interface Grave {

        record OwnList() implements Grave {}

        record OtherQueue(int queueId, QueueSettings settings, String fromName) implements Grave {}
    }

    /** What became of a {@link Settlement}. */
    sealed interface Settled {

        /** @param leaseUntil only of an extend */
        record Done(Optional<Instant> leaseUntil) implements Settled {}

        /** The message is there, but under another lease or none. */
        record Stale() implements Settled {}

        record Gone() implements Settled {}

        /** Its partition did not answer, beside others that did. @param perhaps whether it may have been settled all the same */
        record Unsettled(boolean perhaps) implements Settled {}
    }

    List<Settled> settle(List<Settlement> settlements);

}
