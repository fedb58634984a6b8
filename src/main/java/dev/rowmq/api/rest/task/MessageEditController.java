package dev.rowmq.api.rest.task;

import dev.rowmq.api.rest.openapi.RequestExample;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.queue.task.MessageTasks;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;

import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Changes of single messages that are ready or delayed. */
@RestController
@RequestMapping("/v1/queues/{queue}/messages/{id}")
@Tag(name = "Messages")
class MessageEditController {

    private final MessageTasks tasks;

    MessageEditController(MessageTasks tasks) {
        this.tasks = tasks;
    }

    /** Request: the queue to which a message goes. */
    @Schema(name = "Move")
    record MoveRequest(
            @Schema(requiredMode = Schema.RequiredMode.REQUIRED, description = "name of a durable queue")
                    String destination) {}

    @Operation(
            operationId = "deleteMessage",
            summary = "Delete a message that is ready or delayed",
            description = "Its producer's id stays in use for the queue's `processedRetention`.")
    @Statuses({204, 400, 404, 409})
    @DeleteMapping
    ResponseEntity<Void> delete(@PathVariable String queue, @PathVariable String id) {
        tasks.delete(queue, id);
        return ResponseEntity.noContent().build();
    }

    @Operation(operationId = "makeMessageReady", summary = "Make a delayed message ready now")
    @Statuses({204, 400, 404, 409})
    @PostMapping("/make-ready")
    ResponseEntity<Void> makeReady(@PathVariable String queue, @PathVariable String id) {
        tasks.makeReady(queue, id);
        return ResponseEntity.noContent().build();
    }

    @Operation(
            operationId = "moveMessage",
            summary = "Move a message that is ready or delayed to another queue",
            description = "It is ready there at once, as if it were sent at this moment with the same id.")
    @Statuses({204, 400, 404, 409})
    @RequestExample("""
        {"destination": "orders-archive"}\
        """)
    @PostMapping("/move")
    ResponseEntity<Void> move(@PathVariable String queue, @PathVariable String id, @RequestBody MoveRequest request) {
        if (request.destination() == null) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST, "destination", "destination is missing; name a queue");
        }
        tasks.move(queue, id, request.destination());
        return ResponseEntity.noContent().build();
    }
}
