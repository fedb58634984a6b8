package dev.rowmq.api.rest.task;

import dev.rowmq.model.task.MessageTask;
import dev.rowmq.model.task.TaskPlan;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;

/** A task that changes many messages of a queue. */
@Schema(name = "Task")
record TaskResponse(
        @Schema(description = "a UUID") String id,
        String queue,
        @Schema(allowableValues = {"move", "delete", "make-ready", "redrive"}) String action,
        @Schema(allowableValues = {"ready", "delayed", "dead"}) String state,
        @Schema(types = {"string", "null"}) String destination,
        @Schema(types = {"integer", "null"}) Integer messagesPerSecond,
        @Schema(allowableValues = {"running", "cancelling", "cancelled", "completed", "failed"}) String status,
        @Schema(description = "messages changed; after a crash of the service it may be a few too low") long done,
        @Schema(description = "messages that the filter was applied to") long looked,
        @Schema(description = "messages in that state when the task began") long total,
        @Schema(types = {"string", "null"}, description = "why it failed; null otherwise") String failure,
        Instant startedAt) {

    static TaskResponse of(MessageTask task) {
        TaskPlan plan = task.plan();
        return new TaskResponse(
                task.id(),
                task.queue(),
                plan.action() == TaskPlan.TaskAction.MOVE_ALL ? "move" : TaskRequest.name(plan.action()),
                TaskRequest.name(plan.state()),
                plan.destination().orElse(null),
                plan.messagesPerSecond().isPresent() ? plan.messagesPerSecond().getAsInt() : null,
                TaskRequest.name(task.status()),
                task.progress().done(),
                task.progress().looked(),
                task.total(),
                task.failure().orElse(null),
                task.startedAt());
    }
}
