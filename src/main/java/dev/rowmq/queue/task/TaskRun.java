package dev.rowmq.queue.task;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.task.MessageTask;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.store.cluster.TaskStore;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a task on this instance. Before each step it records its progress, by which it finds out that the task was
 * cancelled, or that another run has replaced it.
 */
final class TaskRun {

    private static final Logger log = LoggerFactory.getLogger(TaskRun.class);

    private static final Duration BETWEEN_FAILURES = Duration.ofSeconds(2);
    private static final int MAX_FAILURES = 15;

    private final MessageTask task;
    private final TaskWork work;
    private final TaskStore tasks;
    private final WaitingReceivers waitingReceivers;
    private int failures;

    TaskRun(MessageTask task, TaskWork work, TaskStore tasks, WaitingReceivers waitingReceivers) {
        this.task = task;
        this.work = work;
        this.tasks = tasks;
        this.waitingReceivers = waitingReceivers;
    }

    void run() {
        try {
            while (!waitingReceivers.closed() && goesOn()) {
                // each step pauses by itself
            }
        } catch (RuntimeException databaseAway) {
            // the task is not at its end, so it is adopted once its database answers
            log.debug("the run of a task of '{}' ended", task.queue(), databaseAway);
        }
    }

    /** Does one step; false = the run has ended. */
    private boolean goesOn() {
        try {
            Optional<MessageTask> present = tasks.progress(task, work.progress());
            if (present.isEmpty()) {
                return false;
            }
            if (present.get().status() == MessageTask.TaskStatus.CANCELLING) {
                return end(MessageTask.TaskStatus.CANCELLED, Optional.empty());
            }
            TaskWork.TaskStep step = work.next();
            failures = 0;
            if (step.ended()) {
                return end(MessageTask.TaskStatus.COMPLETED, Optional.empty());
            }
            LockSupport.parkNanos(Math.max(0, step.pause().toNanos()));
        } catch (TaskFailure failure) {
            return end(MessageTask.TaskStatus.FAILED, Optional.of(failure.getMessage()));
        } catch (QueueException failure) {
            log.debug("a step of a task of '{}' failed", task.queue(), failure);
            return goesOnAfter(failure, failure.getMessage());
        } catch (RuntimeException defect) {
            log.warn("a step of a task of '{}' failed", task.queue(), defect);
            return goesOnAfter(defect, "the service failed; its log has the reason");
        }
        return true;
    }

    /** An outage of a database ends no task: it goes on when the database answers again, or is cancelled. */
    private boolean goesOnAfter(RuntimeException failure, String reason) {
        boolean away = failure instanceof QueueException refusal
                && (refusal.code() == ErrorCode.STORE_UNAVAILABLE || refusal.code() == ErrorCode.OVERLOADED);
        if (!away && ++failures == MAX_FAILURES) {
            return end(MessageTask.TaskStatus.FAILED, Optional.of(reason));
        }
        LockSupport.parkNanos(BETWEEN_FAILURES.toNanos());
        return true;
    }

    private boolean end(MessageTask.TaskStatus how, Optional<String> failure) {
        failure.ifPresent(why -> log.warn("a task of queue '{}' failed: {}", task.queue(), why));
        tasks.end(task, how, work.progress(), failure);
        return false;
    }
}
