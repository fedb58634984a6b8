package dev.rowmq.queue.send;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.MessageValidator;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.group.Deduplication;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;

import java.time.Duration;
import java.util.Optional;

/** A message on its way into a queue: from the request through its row and the outcome to the result. */
final class PendingMessage {

    final Queue queue;
    private NewMessage message;
    MessageRow row;
    /** Null for a message that was rejected before it came to the store. */
    SendOutcome outcome;
    /** Null until the message is rejected or its outcome is translated. */
    SendResult result;

    PendingMessage(Queue queue, NewMessage message) {
        this.queue = queue;
        this.message = message;
    }

    /** Rejects a message that breaks a rule. */
    void validate() {
        try {
            MessageValidator.check(message, queue);
        } catch (QueueException refusal) {
            result = new SendResult.Rejected(refusal.faults().getFirst());
        }
    }

    MessageRow toRow() {
        Duration retention = queue.settings().retention();
        Optional<FifoRules> fifo = queue.settings().fifo();
        fifo.ifPresent(rules -> message = Deduplication.identified(message, rules));
        Optional<String> key = fifo.flatMap(rules -> Deduplication.key(message, rules));
        return new MessageRow(
                queue.id(),
                queue.settings().level(message.priority()),
                message.id(),
                message.id().isPresent() || key.isPresent() ? message.body().hash() : null,
                message.body(),
                message.allMetadata(),
                message.delay().orElse(queue.settings().delay()),
                message.deliverAt(),
                message.ttl().filter(ttl -> ttl.compareTo(retention) < 0).orElse(retention),
                message.ttl().filter(ttl -> ttl.compareTo(retention) < 0).isPresent(),
                queue.settings().maxMessages(),
                fifo.isPresent() ? message.group() : Optional.empty(),
                key);
    }

    SendResult toResult() {
        return switch (outcome) {
            case SendOutcome.Accepted stored ->
                new SendResult.Stored(
                        row.id().orElseGet(() -> GeneratedId.of(stored.key())),
                        stored.key().position(),
                        false,
                        Optional.empty(),
                        stored.enqueuedAt(),
                        stored.visibleAt());
            case SendOutcome.Duplicate known
            when known.repeats(row) ->
                new SendResult.Stored(
                        row.id().orElseGet(() -> GeneratedId.of(known.key())),
                        known.key().position(),
                        true,
                        known.ended(),
                        known.enqueuedAt(),
                        known.visibleAt());
            case SendOutcome.Duplicate other ->
                new SendResult.Rejected(
                        ErrorCode.ID_REUSED,
                        "id",
                        "id '%s' was sent before with another body; nothing was stored, choose another id"
                                .formatted(row.id().orElseThrow()));
            case SendOutcome.QueueFull full ->
                new SendResult.Rejected(
                        ErrorCode.QUEUE_FULL,
                        "",
                        ("queue '%s' holds %d messages where this one belongs, and at most %d in all (maxMessages);"
                                        + " wait until consumers catch up")
                                .formatted(queue.name(), full.held(), row.capacity()));
            case SendOutcome.GroupBusy busy ->
                new SendResult.Rejected(
                        ErrorCode.STORE_UNAVAILABLE,
                        "group",
                        ("group '%s' of queue '%s' is locked by another transaction, which has sent to it or settled a"
                                        + " message of it; nothing was stored, try again")
                                .formatted(row.group().orElse(""), queue.name()));
            case SendOutcome.NoRoom none ->
                new SendResult.Rejected(ErrorCode.QUEUE_FULL, "", none.why() + "; wait until consumers catch up");
            case SendOutcome.Unknown unknown ->
                new SendResult.Rejected(unknown.why().faults().getFirst());
            case SendOutcome.QueueGone gone ->
                new SendResult.Rejected(
                        QueueAdmin.notFound(queue.name()).faults().getFirst());
        };
    }

    /** The copy for the streams of the queue; empty for a message that was not stored. */
    Optional<StreamedMessage> toStreamed() {
        return outcome instanceof SendOutcome.Accepted stored
                ? Optional.of(new StreamedMessage(
                        stored.key().queueId(),
                        stored.key().position(),
                        message.id().orElseGet(() -> GeneratedId.of(stored.key())),
                        message.body(),
                        row.metadata(),
                        stored.key().priority(),
                        stored.enqueuedAt()))
                : Optional.empty();
    }
}
