package dev.rowmq.model.task;

import java.time.Instant;
import java.util.Optional;

/**
 * A task that changes many messages of a queue in the background.
 *
 * @param id        a UUID
 * @param queueId   number of the queue; a queue that was created later under the same name has another one
 * @param runner    identifies the present run of the task
 * @param total     messages in the state of the plan when the task began
 * @param failure   why it failed; empty for any other status
 * @param startedAt by the clock of the database
 */
public record MessageTask(
        String id,
        String queue,
        int queueId,
        String runner,
        TaskPlan plan,
        TaskStatus status,
        TaskProgress progress,
        long total,
        Optional<String> failure,
        Instant startedAt) {

    /** The ordinals are stored in the database, so constants may only be appended. */
    public enum TaskStatus {
        RUNNING,
        /** It was told to end, and does so after its present messages. */
        CANCELLING,
        CANCELLED,
        COMPLETED,
        FAILED
    }
}
