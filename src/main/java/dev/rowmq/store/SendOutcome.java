package dev.rowmq.store;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.EndReason;

import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/** The outcome of sending a {@link MessageRow}. */
public sealed interface SendOutcome {

    record Accepted(MessageKey key, Instant enqueuedAt, Instant visibleAt, boolean delayed) implements SendOutcome {}

    /**
     * The id was sent before. The key, the hash and the times are those of the first message.
     *
     * @param ended how the first message ended, when it did not end by an ack
     */
    record Duplicate(MessageKey key, byte[] bodyHash, Instant enqueuedAt, Instant visibleAt, Optional<EndReason> ended)
            implements SendOutcome {

        /** Whether the row is the same message again. Rows with a deduplication key are, also with another body. */
        public boolean repeats(MessageRow row) {
            return row.id().isEmpty() || Arrays.equals(bodyHash, row.bodyHash());
        }
    }

    record QueueGone() implements SendOutcome {}

    /** Others of the group were stored; this message was not, or its outcome is unknown, as {@code why} reports. */
    record Unknown(QueueException why) implements SendOutcome {}

    /** Another transaction has locked the group of the message; nothing was stored. */
    record GroupBusy() implements SendOutcome {}

    /**
     * A limit of the storage is reached, which is independent of the queue's own limit.
     *
     * @param why with the limit and its name
     */
    record NoRoom(String why) implements SendOutcome {}

    /** @param held number of messages in the queue */
    record QueueFull(long held) implements SendOutcome {}
}
