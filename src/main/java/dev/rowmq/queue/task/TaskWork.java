package dev.rowmq.queue.task;

import dev.rowmq.model.task.TaskProgress;

import java.time.Duration;

/** What a task does, in steps. An object is one run of one task, and is used by one thread. */
interface TaskWork {

    /**
     * The result of one step.
     *
     * @param progress after it
     * @param ended    whether the task is complete
     * @param pause    time until the next step
     */
    record TaskStep(TaskProgress progress, boolean ended, Duration pause) {}

    /**
     * Does one step, in less than a few seconds.
     *
     * @throws TaskFailure when the task cannot go on; any other exception lets the step be tried again
     */
    TaskStep next();

    /** Progress so far, also when the last step failed half-way. */
    TaskProgress progress();
}
