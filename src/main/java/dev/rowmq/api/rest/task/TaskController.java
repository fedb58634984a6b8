package dev.rowmq.api.rest.task;

import dev.rowmq.api.http.AuditFilter;
import dev.rowmq.api.http.RequestMemory;
import dev.rowmq.api.rest.openapi.RequestExample;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.task.MessageTask;
import dev.rowmq.model.task.TaskPlan;
import dev.rowmq.queue.task.MessageSearch;
import dev.rowmq.queue.task.MessageTasks;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;

import jakarta.servlet.http.HttpServletRequest;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Tasks that change many messages: preview, start, watch and cancel. */
@RestController
@Tag(name = "Tasks")
class TaskController {

    /** Bytes of heap for one page of messages that a preview reads. */
    private static final long PAGE_BYTES = 8L << 20;
    private static final int MAX_TASKS = 100;

    private final MessageTasks tasks;

    TaskController(MessageTasks tasks) {
        this.tasks = tasks;
    }

    /** The latest tasks. */
    record Tasks(@Schema(description = "the last first, at most 100") List<TaskResponse> items) {}

    /** What a task would change. */
    @Schema(name = "TaskPreview")
    record PreviewResponse(
            @Schema(description = "messages that match, of those looked at") long matched,
            long looked,
            @Schema(description = "whether all messages were looked at; a preview looks for two seconds")
                    boolean complete,
            @Schema(description = "ids of the first that match, at most 3") List<String> samples,
            @Schema(types = {"string", "null"}, example = "90s",
                            description = "time that the matching ones need at messagesPerSecond; null without a rate")
                    Duration takes) {

        static PreviewResponse of(MessageSearch.Preview preview, TaskPlan plan) {
            return new PreviewResponse(
                    preview.matched(),
                    preview.looked(),
                    preview.complete(),
                    preview.samples(),
                    plan.messagesPerSecond().isPresent()
                            ? Duration.ofSeconds(
                                    Math.ceilDiv(preview.matched(), plan.messagesPerSecond().getAsInt()))
                            : null);
        }
    }

    @Operation(
            operationId = "startTask",
            summary = "Change many messages of a queue in the background",
            description = "It changes the messages that were there when it began, goes on after a crash of the service,"
                    + " and can be cancelled. One task of a queue runs at a time.")
    @Statuses({202, 400, 404, 409})
    @RequestExample("""
        {"action": "delete", "filter": {"metadata": {"type": "test"}}}\
        """)
    @PostMapping("/v1/queues/{queue}/tasks")
    ResponseEntity<TaskResponse> start(
            @PathVariable String queue, @RequestBody TaskRequest request, HttpServletRequest http) {
        TaskPlan plan = request.plan();
        http.setAttribute(AuditFilter.DETAIL, TaskRequest.summary(plan));
        MessageTask task = tasks.start(queue, plan);
        return ResponseEntity.accepted()
                .location(URI.create("/v1/tasks/" + task.id()))
                .body(TaskResponse.of(task));
    }

    @Operation(
            operationId = "previewTask",
            summary = "Get what a task would change, without changing anything",
            description = "Looks through the messages for at most two seconds.")
    @Statuses({200, 400, 404})
    @RequestExample("""
        {"action": "redrive", "filter": {"error": "timeout"}, "messagesPerSecond": 100}\
        """)
    @PostMapping("/v1/queues/{queue}/tasks/preview")
    PreviewResponse preview(@PathVariable String queue, @RequestBody TaskRequest request, HttpServletRequest http) {
        TaskPlan plan = request.plan();
        RequestMemory.of(http).reserve(PAGE_BYTES);
        return PreviewResponse.of(tasks.preview(queue, plan), plan);
    }

    @Operation(operationId = "listTasks", summary = "List the latest tasks, of one queue or of all")
    @Statuses({200, 404})
    @GetMapping("/v1/tasks")
    Tasks list(@Parameter(description = "name of a queue") @RequestParam Optional<String> queue) {
        List<MessageTask> latest = queue.isPresent() ? tasks.list(queue.get(), MAX_TASKS) : tasks.list(MAX_TASKS);
        return new Tasks(latest.stream().map(TaskResponse::of).toList());
    }

    @Operation(operationId = "getTask", summary = "Get a task with its progress")
    @Statuses({200, 404})
    @GetMapping("/v1/tasks/{id}")
    TaskResponse get(@PathVariable String id) {
        return TaskResponse.of(tasks.find(id).orElseThrow(() -> notFound(id)));
    }

    @Operation(
            operationId = "cancelTask",
            summary = "Let a task end after its present messages",
            description = "What it has done stays. A task that has ended stays as it is.")
    @Statuses({200, 404})
    @PostMapping("/v1/tasks/{id}/cancel")
    TaskResponse cancel(@PathVariable String id, HttpServletRequest http) {
        tasks.find(id).ifPresent(task -> http.setAttribute(AuditFilter.RESOURCE_NAME, task.queue()));
        return TaskResponse.of(tasks.cancel(id).or(() -> tasks.find(id)).orElseThrow(() -> notFound(id)));
    }

    private static QueueException notFound(String id) {
        return new QueueException(
                ErrorCode.NOT_FOUND,
                "id",
                "there is no task '%s'; the last 10 of each queue are kept".formatted(SafeText.of(id, 50)));
    }
}
