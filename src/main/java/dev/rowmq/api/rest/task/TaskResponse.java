package dev.rowmq.api.rest.task;

import dev.rowmq.model.task.MessageTask;
import dev.rowmq.model.task.TaskPlan;
import dev.rowmq.queue.catalog.QueueScope;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.Optional;

/** A task that changes many messages of a queue. */
@Schema(name = "Task")
record TaskResponse(
        @Schema(description = "a UUID") String id,
        String queue,
        @Schema(allowableValues = {"move", "delete", "make-ready", "redrive"}) String action,
        @Schema(allowableValues = {"ready", "delayed", "dead"}) String state,
        @JsonInclude(JsonInclude.Include.NON_NULL)
                @Schema(description = "with the first ten of its ids; absent for all messages")
                FilterRequest filter,
        @Schema(types = {"string", "null"}, description = "null also for a queue that the API key may not use")
                String destination,
        @Schema(types = {"integer", "null"}) Integer messagesPerSecond,
        @Schema(types = {"number", "null"}) Double maxDeadShare,
        @Schema(allowableValues = {"running", "cancelling", "cancelled", "completed", "failed"}) String status,
        @Schema(description = "messages changed; after a crash of the service it may be up to 100 too low") long done,
        @Schema(description = "messages that the filter was applied to") long looked,
        @Schema(description = "messages in that state when the task began") long total,
        @Schema(types = {"string", "null"}, description = "why it failed; null otherwise") String failure,
        Instant startedAt) {

    static TaskResponse of(MessageTask task) {
        TaskPlan plan = task.plan();
        Optional<String> hidden = plan.destination().filter(name -> !QueueScope.allows(name));
        return new TaskResponse(
                task.id(),
                task.queue(),
                plan.action() == TaskPlan.TaskAction.MOVE_ALL ? "move" : TaskRequest.name(plan.action()),
                TaskRequest.name(plan.state()),
                plan.filter().all() ? null : FilterRequest.of(plan.filter()),
                plan.destination().filter(QueueScope::allows).orElse(null),
                plan.messagesPerSecond().isPresent() ? plan.messagesPerSecond().getAsInt() : null,
                plan.maxDeadShare().isPresent() ? plan.maxDeadShare().getAsDouble() : null,
                TaskRequest.name(task.status()),
                task.progress().done(),
                task.progress().looked(),
                task.total(),
                task.failure()
                        .map(why -> hidden.map(name -> why.replace(name, "another queue")).orElse(why))
                        .orElse(null),
                task.startedAt());
    }
}
