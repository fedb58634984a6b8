package dev.rowmq.store;

import dev.rowmq.model.error.QueueException;

import java.util.List;
import java.util.Optional;

/**
 * The hot path. Each method does durable work for a group of requests of different callers, and returns one result per
 * request in the order of the requests. All methods throw {@link QueueException} STORE_UNAVAILABLE (nothing changed) or
 * OUTCOME_UNKNOWN. All times are the database's; for queues in memory, the process's.
 */
public interface MessageStore {

    /**
     * Returns the outcome of the message that was sent earlier with this message's id; empty when there was none, or
     * its id was removed.
     */
    Optional<SendOutcome> find(MessageRow row);

    /** Stores messages, in order. */
    List<SendOutcome> send(List<MessageRow> rows);

    /**
     * Leases messages in the order of their keys. The scan of each priority begins after the position given for it (0 =
     * from the head). It skips messages that another transaction is leasing, that are not visible yet, that have
     * expired, and that were delivered as often as the settings allow. A claim returns at most {@code max} leases, and
     * fewer when the bodies are large. No two claims in a call have the same queue and the same visibility timeout.
     */
    List<ClaimResult> claim(List<ClaimRequest> claims);

    List<SettleOutcome> settle(List<Settlement> settlements);

    /** Whether messages of the group of a FIFO queue may be in this partition. */
    default boolean holdsGroup(int queueId, String group) {
        return false;
    }
}
