package dev.rowmq.store;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.queue.EndReason;

import java.time.Instant;
import java.util.Optional;

/** What became of a {@link MessageRow}. */
public sealed interface SendOutcome {

    record Stored(MessageKey key, Instant enqueuedAt, Instant visibleAt, boolean delayed) implements SendOutcome {}

    /**
     * The id was known; the rest is the first message's.
     *
     * @param ended how that ended, when that was not by an ack
     */
    record Known(MessageKey key, byte[] bodyHash, Instant enqueuedAt, Instant visibleAt, Optional<EndReason> ended)
            implements SendOutcome {}

    record QueueGone() implements SendOutcome {}

    /** Its neighbours were stored; this one was not, or nobody knows, as {@code why} says. */
    record Unknown(QueueException why) implements SendOutcome {}

    /**
     * There is no room for it, whatever its queue may hold.
     *
     * @param why with the limit and its name
     */
    record NoRoom(String why) implements SendOutcome {}

    /** @param held messages the queue holds */
    record QueueFull(long held) implements SendOutcome {}
}
