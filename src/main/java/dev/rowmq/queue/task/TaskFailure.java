package dev.rowmq.queue.task;

/** A task cannot go on; its message is the reason that the operator reads. */
final class TaskFailure extends RuntimeException {

    TaskFailure(String why) {
        super(why, null, false, false);
    }
}
