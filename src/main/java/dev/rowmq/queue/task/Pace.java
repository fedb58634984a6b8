package dev.rowmq.queue.task;

import dev.rowmq.model.task.TaskPlan;

import java.time.Duration;

/** How fast a task goes on. */
final class Pace {

    /** Sets per second of a task with a rate; a rate below this number has one message a set. */
    private static final int SETS_PER_SECOND = 10;

    private Pace() {}

    /** The messages of one set, 1 to {@code most}. */
    static int set(TaskPlan plan, int most) {
        return Math.clamp(plan.messagesPerSecond().orElse(SETS_PER_SECOND * most) / SETS_PER_SECOND, 1, most);
    }

    /** The pause after a set: it keeps to the rate, or leaves half of the time to others. May be negative. */
    static Duration after(TaskPlan plan, int messages, Duration took) {
        return plan.messagesPerSecond().isPresent()
                ? Duration.ofSeconds(messages).dividedBy(plan.messagesPerSecond().getAsInt()).minus(took)
                : took;
    }
}
