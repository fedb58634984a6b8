package dev.rowmq.store;

import dev.rowmq.model.error.QueueException;

import java.util.List;
import java.util.Optional;

/**
 * The hot path: each method is durable work for a whole group of requests of different callers, and answers one result
 * per request in the order of the requests. All throw {@link dev.rowmq.model.error.QueueException} STORE_UNAVAILABLE
 * (nothing changed) or OUTCOME_UNKNOWN. All times are the database's.
 */
public interface MessageStore {

    /** What became of the message that was sent with this one's id before; empty when none was, or it is forgotten. */
    Optional<SendOutcome> find(MessageRow row);

    /** Stores messages, in order. */
    List<SendOutcome> send(List<MessageRow> rows);

    /**
     * Leases messages in the order of their keys, each walk beginning behind the position given for its priority (0 =
     * from the head). Messages that another transaction is leasing, that rest, expired, or were delivered as often as
     * the settings allow are passed over. Never more than {@code max}, and fewer when the bodies are large. Each claim
     * is of another queue, or wants another visibility timeout.
     */
    List<ClaimResult> claim(List<ClaimRequest> claims);

    List<SettleOutcome> settle(List<Settlement> settlements);
}
