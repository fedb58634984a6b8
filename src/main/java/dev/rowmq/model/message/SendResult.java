package dev.rowmq.model.message;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.EndReason;

import java.time.Instant;
import java.util.Optional;

/** What became of one message that was sent. */
public sealed interface SendResult {

    /**
     * The message is stored.
     *
     * @param duplicate true when it already was: the times are then those of the first send
     * @param first     of a duplicate: how the first message ended, when that was not by an ack
     */
    record Stored(String id, boolean duplicate, Optional<EndReason> first, Instant enqueuedAt, Instant visibleAt)
            implements SendResult {}

    /** The message is not stored. */
    record Rejected(QueueException.Fault fault) implements SendResult {

        public Rejected(ErrorCode code, String field, String detail) {
            this(new QueueException.Fault(code, field, detail));
        }
    }
}
