package dev.rowmq.api.rest;

import dev.rowmq.api.http.RequestMemory;
import dev.rowmq.api.rest.openapi.RequestExample;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.api.rest.queue.ProgressResponse;
import dev.rowmq.api.rest.settlement.DeadLetterResponse;
import dev.rowmq.api.rest.settlement.RedriveRequest;
import dev.rowmq.api.rest.settlement.RedriveResponse;
import dev.rowmq.api.rest.task.FilterParameters;
import dev.rowmq.api.rest.task.FilterRequest;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.queue.BulkOperations;
import dev.rowmq.model.task.MessageFilter;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.task.MessageSearch;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;

import jakarta.servlet.http.HttpServletRequest;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/queues/{queue}/dead-letters}: messages that are no longer delivered. */
@RestController
@RequestMapping("/v1/queues/{queue}/dead-letters")
@Tag(name = "Dead letters")
class DeadLetterController {

    private final QueueService service;
    private final MessageSearch search;

    DeadLetterController(QueueService service, MessageSearch search) {
        this.service = service;
        this.search = search;
    }

    /** A page of dead letters. */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record DeadLetters(
            List<DeadLetterResponse> items,
            @JsonInclude(JsonInclude.Include.ALWAYS) @Schema(types = {"string", "null"}) String nextCursor,
            @Schema(description = "dead letters that the filter was applied to for this page; absent without a filter")
                    Integer looked) {}

    @Operation(
            operationId = "listDeadLetters",
            summary = "List the queue's own dead letters, in the order of sending",
            description = "Empty while another queue takes them (`deadLetterQueue`).")
    @Statuses({200, 400, 404})
    @FilterParameters
    @Parameter(
            name = "reason",
            in = ParameterIn.QUERY,
            schema = @Schema(type = "string", allowableValues = {"max-deliveries", "expired"}))
    @GetMapping
    DeadLetters list(
            @PathVariable String queue,
            @RequestParam(defaultValue = "100") int limit,
            @RequestParam Optional<String> cursor,
            HttpServletRequest request) {
        RequestMemory.of(request).reserve(MessageController.PAGE_BYTES);
        int most = (int) RangeCheck.within("limit", limit, 1, 1000);
        MessageFilter filter = FilterRequest.ofQuery(request);
        if (filter.all()) {
            var page = service.deadLetters(queue, most, cursor).map(DeadLetterResponse::of);
            return new DeadLetters(page.items(), page.next().orElse(null), null);
        }
        var found = search.deadLetters(queue, filter, most, cursor);
        return new DeadLetters(
                found.page().items().stream().map(DeadLetterResponse::of).toList(),
                found.page().next().orElse(null),
                found.looked());
    }

    @Operation(operationId = "getDeadLetter", summary = "Get one dead letter")
    @Statuses({200, 404})
    @GetMapping("/{id}")
    DeadLetterResponse get(@PathVariable String queue, @PathVariable String id) {
        return DeadLetterResponse.of(service.deadLetter(queue, id));
    }

    @Operation(
            operationId = "redriveDeadLetters",
            summary = "Redrive: put dead letters back into the queue as if never delivered",
            description =
                    "200 with the ids that were found. A redrive of all dead letters returns 202 and may continue in"
                            + " the background (`running`); a crash stops it half-way, and it can be started again.")
    @Statuses({200, 202, 400, 404, 409})
    @RequestExample("""
        {"ids": ["order-1042"]}\
        """)
    @PostMapping("/redrive")
    ResponseEntity<RedriveResponse> redrive(@PathVariable String queue, @RequestBody RedriveRequest request) {
        boolean all = Boolean.TRUE.equals(request.all());
        if (all == (request.ids() != null)) {
            throw new QueueException(ErrorCode.INVALID_REQUEST, "ids", "send exactly one of ids and \"all\": true");
        }
        if (request.messagesPerSecond() != null) {
            if (!all) {
                throw new QueueException(
                        ErrorCode.INVALID_REQUEST,
                        "messagesPerSecond",
                        "messagesPerSecond goes with \"all\": true only");
            }
            RangeCheck.within("messagesPerSecond", request.messagesPerSecond(), 1, 10_000);
        }
        return all ? redriveAll(queue, request.messagesPerSecond()) : redrive(queue, request.ids());
    }

    private ResponseEntity<RedriveResponse> redrive(String queue, List<String> ids) {
        List<String> redriven = service.redrive(queue, MessageController.required("ids", ids));
        return ResponseEntity.ok(new RedriveResponse(redriven.size(), false, redriven));
    }

    private ResponseEntity<RedriveResponse> redriveAll(String queue, Integer messagesPerSecond) {
        BulkOperations.Progress progress = service.redriveAll(
                queue, messagesPerSecond == null ? OptionalInt.empty() : OptionalInt.of(messagesPerSecond));
        return ResponseEntity.accepted()
                .body(new RedriveResponse(progress.messages(), progress.running(), null));
    }

    @Operation(operationId = "deleteDeadLetter", summary = "Remove one dead letter")
    @Statuses({204, 404})
    @DeleteMapping("/{id}")
    ResponseEntity<Void> delete(@PathVariable String queue, @PathVariable String id) {
        service.deleteDeadLetter(queue, id);
        return ResponseEntity.noContent().build();
    }

    @Operation(operationId = "deleteDeadLetters", summary = "Remove all dead letters of the queue's own list")
    @Statuses({202, 404, 409})
    @DeleteMapping
    ResponseEntity<ProgressResponse> deleteAll(@PathVariable String queue) {
        return QueueController.progress(service.deleteDeadLetters(queue));
    }
}
