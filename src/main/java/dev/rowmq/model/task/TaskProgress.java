package dev.rowmq.model.task;

import java.util.Optional;

/**
 * How far a task has come.
 *
 * @param done   messages changed; after a crash it may be up to 100 too low
 * @param looked messages that the filter was applied to
 * @param cursor where the task goes on after a crash; empty = at the beginning
 */
public record TaskProgress(long done, long looked, Optional<String> cursor) {

    public static final TaskProgress NONE = new TaskProgress(0, 0, Optional.empty());
}
