package dev.rowmq.model.message;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.EndReason;

import java.time.Instant;
import java.util.Optional;

/** The result of sending one message. */
public sealed interface SendResult {

    /**
     * The message is stored.
     *
     * @param position  increases with each message of a group; for a duplicate, that of the first message
     * @param duplicate true when the message had been stored before; the times are those of the first send
     * @param first     for a duplicate: why the first message ended without an ack; empty when it was acked or still
     *     exists
     */
    record Stored(
            String id,
            long position,
            boolean duplicate,
            Optional<EndReason> first,
            Instant enqueuedAt,
            Instant visibleAt)
            implements SendResult {}

    /** The message is not stored. */
    record Rejected(QueueException.Violation fault) implements SendResult {

        public Rejected(ErrorCode code, String field, String detail) {
            this(new QueueException.Violation(code, field, detail));
        }
    }
}
