package dev.rowmq.model.task;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What a task does.
 *
 * @param state             the messages among which the filter chooses
 * @param destination       the queue to which messages are moved; empty for actions that move nothing, and for
 *     {@link TaskAction#MOVE_ALL} = each goes to the queue from which it came
 * @param messagesPerSecond maximum rate, 1 or more; empty = no limit
 * @param maxDeadShare      the share of redriven messages that may become dead letters again, above 0 to 1: a few are
 *     redriven first, then more; empty = all are redriven without waiting for what becomes of them
 */
public record TaskPlan(
        TaskAction action,
        MessageState state,
        MessageFilter filter,
        Optional<String> destination,
        OptionalInt messagesPerSecond,
        OptionalDouble maxDeadShare) {

    /** The ordinals are stored in the database, so constants may only be appended. */
    public enum TaskAction {
        /** Moves all ready messages in the order of delivery, as a receiver would take them. */
        MOVE_ALL,
        MOVE,
        DELETE,
        MAKE_READY,
        REDRIVE
    }

    /** The ordinals are stored in the database, so constants may only be appended. */
    public enum MessageState {
        READY,
        DELAYED,
        DEAD
    }
}
