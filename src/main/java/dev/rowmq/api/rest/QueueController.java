package dev.rowmq.api.rest;

import dev.rowmq.api.rest.openapi.RequestExample;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.api.rest.queue.ProgressResponse;
import dev.rowmq.api.rest.queue.QueueResponse;
import dev.rowmq.api.rest.queue.QueueSettingsRequest;
import dev.rowmq.api.rest.queue.QueueSettingsResponse;
import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.queue.BulkOperations;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.figures.QueueList;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;

import jakarta.servlet.http.HttpServletResponse;

import java.util.List;
import java.util.Optional;

import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/queues}: creates, configures, lists and removes queues. */
@RestController
@RequestMapping("/v1/queues")
@Tag(name = "Queues")
class QueueController {

    private static final int MAX_FILTER = 80;

    private final QueueService service;
    private final QueueList queueList;
    private final Versions versions;

    QueueController(QueueService service, QueueList queueList, Versions versions) {
        this.service = service;
        this.queueList = queueList;
        this.versions = versions;
    }

    /** A page of queues. */
    record Queues(List<QueueResponse> items, @Schema(types = {"string", "null"}) String nextCursor) {}

    @Operation(
            operationId = "putQueue",
            summary = "Create a queue, or change its settings",
            description = "An omitted field keeps its value, or has its default in a new queue." + Versions.CONDITIONS)
    @Statuses({200, 201, 400, 409, 412})
    @RequestExample("""
        {"visibilityTimeout": "30s", "maxDeliveries": 5, "retry": {"initial": "1s", "multiplier": 2, "max": "15m"}}\
        """)
    @PutMapping("/{queue}")
    ResponseEntity<QueueResponse> put(
            @PathVariable String queue,
            @RequestBody(required = false) QueueSettingsRequest settings,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        Upserted<Queue> put = service.put(queue, before -> {
            versions.check(headers, before.map(QueueSettingsResponse::of));
            QueueSettings present = before.orElse(QueueSettings.DEFAULT);
            return settings == null ? present : settings.over(present);
        });
        QueueResponse answer = QueueResponse.of(put.value(), null);
        return ResponseEntity.status(put.created() ? 201 : 200)
                .eTag(versions.tag(answer.settings()))
                .body(answer);
    }

    @Operation(
            operationId = "listQueues",
            summary = "List the queues, each with its counts",
            description = "Counts are those of the moment; ages and rates may be a few seconds old. In a list sorted by"
                    + " a figure, a queue whose figure changes between two pages may be on both or on neither.")
    @Statuses({200, 400})
    @GetMapping
    Queues list(
            @Parameter(description = "only queues with these characters in their names, in upper or lower case")
                    @RequestParam Optional<String> filter,
            @Parameter(description = "name, ready, delayed, inFlight, dead, oldestAge, sentPerSecond or ackedPerSecond;"
                            + " with - before it, the greatest first")
                    @RequestParam(defaultValue = "name") String sort,
            @RequestParam(defaultValue = "100") int limit,
            @RequestParam Optional<String> cursor) {
        filter.ifPresent(part -> RangeCheck.within("filter.length", part.length(), 0, MAX_FILTER));
        var page = queueList
                .page(filter, QueueList.Order.of(sort), (int) RangeCheck.within("limit", limit, 1, 1000), cursor)
                .map(QueueResponse::of);
        return new Queues(page.items(), page.next().orElse(null));
    }

    @Operation(operationId = "getQueue", summary = "Get a queue's settings and statistics")
    @Statuses({200, 404})
    @GetMapping("/{queue}")
    QueueResponse get(@PathVariable String queue, HttpServletResponse response) {
        QueueService.Measured measured = service.get(queue);
        QueueResponse answer = QueueResponse.of(measured.queue(), measured.stats());
        response.setHeader(HttpHeaders.ETAG, versions.tag(answer.settings()));
        return answer;
    }

    @Operation(operationId = "deleteQueue", summary = "Remove a queue with all its messages")
    @Statuses({204, 404, 409})
    @DeleteMapping("/{queue}")
    ResponseEntity<Void> delete(@PathVariable String queue) {
        service.delete(queue);
        return ResponseEntity.noContent().build();
    }

    @Operation(
            operationId = "purgeQueue",
            summary = "Purge: remove every message sent before, in any state",
            description = "Dead letters stay. Ids given by producers are remembered for the queue's"
                    + " `processedRetention`. A large purge continues in the background (`running`); a crash stops it"
                    + " half-way, and it can be started again.")
    @Statuses({202, 404, 409})
    @DeleteMapping("/{queue}/messages")
    ResponseEntity<ProgressResponse> purge(@PathVariable String queue) {
        return progress(service.purge(queue));
    }

    static ResponseEntity<ProgressResponse> progress(BulkOperations.Progress progress) {
        return ResponseEntity.accepted().body(new ProgressResponse(progress.messages(), progress.running()));
    }

    @Operation(operationId = "pauseQueue", summary = "Pause: receivers get no messages until resume; sends continue")
    @Statuses({200, 404})
    @PostMapping("/{queue}/pause")
    QueueResponse pause(@PathVariable String queue) {
        return QueueResponse.of(service.pause(queue), null);
    }

    @Operation(operationId = "resumeQueue", summary = "Resume a paused queue")
    @Statuses({200, 404})
    @PostMapping("/{queue}/resume")
    QueueResponse resume(@PathVariable String queue) {
        return QueueResponse.of(service.resume(queue), null);
    }
}
