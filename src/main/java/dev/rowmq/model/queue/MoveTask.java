package dev.rowmq.model.queue;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A task that moves the messages of a dead letter queue to another queue.
 *
 * @param id                a UUID
 * @param source            name of the dead letter queue
 * @param sourceId          number of that queue
 * @param runner            identifies the present run of the task
 * @param destination       name of the other queue; empty = each message goes to the queue from which it came
 * @param messagesPerSecond maximum rate, 1 or more; empty = no limit
 * @param moved             messages moved so far; after a crash it may be a few too low
 * @param toMove            messages that were ready in the source when the task began
 * @param failure           why it failed; empty for any other status
 */
public record MoveTask(
        String id,
        String source,
        int sourceId,
        String runner,
        Optional<String> destination,
        OptionalInt messagesPerSecond,
        MoveStatus status,
        long moved,
        long toMove,
        Optional<String> failure,
        Instant startedAt) {

    /** The ordinals are stored in the database, so constants may only be appended. */
    public enum MoveStatus {
        RUNNING,
        /** It was told to end, and does so after its present messages. */
        CANCELLING,
        CANCELLED,
        COMPLETED,
        FAILED
    }
}
