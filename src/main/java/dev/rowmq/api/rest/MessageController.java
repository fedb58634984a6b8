package dev.rowmq.api.rest;

import dev.rowmq.api.http.RequestMemory;
import dev.rowmq.api.http.connection.ClientPresence;
import dev.rowmq.api.http.connection.ClientWatch;
import dev.rowmq.api.rest.error.JsonErrorTranslator;
import dev.rowmq.api.rest.json.JsonSource;
import dev.rowmq.api.rest.message.BatchMessage;
import dev.rowmq.api.rest.message.DeliveryResponse;
import dev.rowmq.api.rest.message.MessageResponse;
import dev.rowmq.api.rest.message.ReceiveRequest;
import dev.rowmq.api.rest.message.ReceiveResponse;
import dev.rowmq.api.rest.message.SendBatchRequest;
import dev.rowmq.api.rest.message.SendBatchResponse;
import dev.rowmq.api.rest.message.SendBatchResult;
import dev.rowmq.api.rest.message.SendRequest;
import dev.rowmq.api.rest.message.SendResponse;
import dev.rowmq.api.rest.openapi.RequestExample;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.api.rest.settlement.ProcessedIdResponse;
import dev.rowmq.api.rest.task.FilterParameters;
import dev.rowmq.api.rest.task.FilterRequest;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendResult;
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
import jakarta.servlet.http.HttpServletResponse;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/** {@code /v1/queues/{queue}}: sends, receives and reads messages. */
@RestController
@RequestMapping("/v1/queues/{queue}")
@Tag(name = "Messages")
class MessageController {

    private static final int MAX_ITEMS = 1000;

    /** Bytes of heap for a page of messages: 8 MB of bodies, and their JSON. */
    static final long PAGE_BYTES = 24L << 20;
    /** Bytes of heap per byte of a delivery's body: the body and its JSON. */
    private static final int BYTES_PER_BYTE = 2;

    private final QueueService service;
    private final ClientWatch clients;
    private final MessageSearch search;
    private final ObjectReader message;

    MessageController(QueueService service, MessageSearch search, ClientWatch clients, JsonMapper json) {
        this.clients = clients;
        this.service = service;
        this.search = search;
        this.message = json.readerFor(SendRequest.class);
    }

    @Operation(
            operationId = "sendMessage",
            summary = "Send a message",
            description = "201 when it is stored durably; 200 when its id was sent before, with the data of the first"
                    + " message.")
    @Statuses({201, 200, 400, 404, 413, 422, 429})
    @RequestExample("""
        {"body": {"order": 1042}, "id": "order-1042", "metadata": {"type": "order.created"}}\
        """)
    @Parameter(
            name = SendContexts.BLOCK,
            in = ParameterIn.QUERY,
            description = SendContexts.BLOCK_MEANS,
            schema = @Schema(type = "string", example = "5s"))
    @PostMapping("/messages")
    ResponseEntity<SendResponse> send(
            @PathVariable String queue, @RequestBody SendRequest message, HttpServletRequest request) {
        SendResult result = service.send(queue, List.of(message.message()), SendContexts.sender(request)).getFirst();
        return switch (result) {
            case SendResult.Stored stored -> ResponseEntity.status(stored.duplicate() ? 200 : 201)
                    .body(SendResponse.of(stored));
            case SendResult.Rejected rejected -> throw new QueueException(List.of(rejected.fault()));
        };
    }

    @Operation(
            operationId = "sendMessageBatch",
            summary = "Send 1 to 1000 messages",
            description = "Each message has its own result; all accepted messages are durable before the response.")
    @Statuses({200, 400, 404, 413})
    @RequestExample("""
        {"messages": [{"body": "first"}, {"body": "second", "delay": "10s"}]}\
        """)
    @Parameter(
            name = SendContexts.BLOCK,
            in = ParameterIn.QUERY,
            description = SendContexts.BLOCK_MEANS,
            schema = @Schema(type = "string", example = "5s"))
    @PostMapping("/messages/batch")
    SendBatchResponse sendBatch(
            @PathVariable String queue, @RequestBody SendBatchRequest batch, HttpServletRequest request) {
        List<BatchMessage> items = required("messages", batch.messages());
        SendBatchResult[] results = new SendBatchResult[items.size()];
        List<NewMessage> readable = new ArrayList<>();
        List<Integer> indexes = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            try {
                readable.add(read(items.get(i)));
                indexes.add(i);
            } catch (QueueException refusal) {
                results[i] = SendBatchResult.of(i, new SendResult.Rejected(refusal.faults().getFirst()));
            }
        }
        List<SendResult> sent = service.send(queue, readable, SendContexts.sender(request));
        for (int i = 0; i < sent.size(); i++) {
            results[indexes.get(i)] = SendBatchResult.of(indexes.get(i), sent.get(i));
        }
        return new SendBatchResponse(List.of(results));
    }

    /** Parses one message of a batch, so that a malformed message does not fail the others. */
    private NewMessage read(BatchMessage item) {
        if (item == null) {
            throw new QueueException(ErrorCode.INVALID_REQUEST, "messages", "a message is null; send a JSON object");
        }
        try {
            return JsonSource.attach(message, item.json()).<SendRequest>readValue(item.json()).message();
        } catch (JacksonException unreadable) {
            throw JsonErrorTranslator.refusal(unreadable);
        }
    }

    @Operation(
            operationId = "receiveMessages",
            summary = "Receive messages: lease them to the caller",
            description = "Waits up to `wait` for the first message (long polling); empty when none arrived. The header"
                    + " `Prefer: wait=20` (RFC 7240) is used when the body has no `wait`.")
    @Statuses({200, 400, 404})
    @RequestExample("""
        {"max": 10, "wait": "20s"}\
        """)
    @PostMapping("/receive")
    ReceiveResponse receive(
            @PathVariable String queue,
            @RequestBody(required = false) ReceiveRequest body,
            HttpServletRequest request,
            HttpServletResponse response) {
        ReceiveRequest asked = body == null ? new ReceiveRequest(null, null, null) : body;
        Duration wait = asked.waitTime() == null ? preferredWait(request, response) : asked.waitTime();
        ClientPresence presence = ClientPresence.of(request);
        RequestMemory.of(request).reserve(0);
        List<Delivery> deliveries;
        try (ClientWatch.Watch watch = presence.watch(clients, wait)) {
            deliveries = service.receive(
                    queue,
                    presence,
                    asked.max() == null ? 1 : asked.max(),
                    wait,
                    Optional.ofNullable(asked.visibilityTimeout()));
        }
        RequestMemory.of(request).take(BYTES_PER_BYTE * deliveries.stream().mapToLong(one -> one.body().bytes().length)
                .sum());
        return new ReceiveResponse(
                deliveries.stream().map(DeliveryResponse::of).toList(),
                presence::wanted,
                () -> service.takeBack(queue, deliveries.stream().map(Delivery::receipt).toList()));
    }

    private static Duration preferredWait(HttpServletRequest request, HttpServletResponse response) {
        Optional<Duration> preferred = ReceiveRequest.preferredWait(request.getHeader("Prefer"));
        preferred.ifPresent(wait -> response.setHeader("Preference-Applied", "wait=" + wait.toSeconds()));
        return preferred.orElse(Duration.ZERO);
    }

    /** Checks that a list has 1 to 1000 items and no null. A null message of a batch is refused later, by itself. */
    static <T> List<T> required(String field, List<T> list) {
        if (list == null) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST, field, "%s is missing; send 1 to %d".formatted(field, MAX_ITEMS));
        }
        RangeCheck.within(field + ".length", list.size(), 1, MAX_ITEMS);
        if (!field.equals("messages") && list.contains(null)) {
            throw new QueueException(ErrorCode.INVALID_REQUEST, field, "%s has a null in it".formatted(field));
        }
        return list;
    }

    /** A page of messages. */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record Messages(
            List<MessageResponse> items,
            @JsonInclude(JsonInclude.Include.ALWAYS) @Schema(types = {"string", "null"}) String nextCursor,
            @Schema(description = "messages that the filter was applied to for this page; absent without a filter")
                    Integer looked) {}

    /** The states by which messages are listed, spelled as in the API. */
    enum StateParameter {
        ready,
        delayed,
        inFlight
    }

    @Operation(
            operationId = "listMessages",
            summary = "Peek: list messages of one state without leasing them",
            description =
                    "States may be a second old: a lease that has just ended may still be shown as in flight.")
    @Statuses({200, 400, 404})
    @FilterParameters
    @GetMapping("/messages")
    Messages peek(
            @PathVariable String queue,
            @RequestParam(defaultValue = "ready") StateParameter state,
            @RequestParam(defaultValue = "100") int limit,
            @RequestParam Optional<String> cursor,
            HttpServletRequest request) {
        MessageView.State wanted =
                switch (state) {
                    case ready -> MessageView.State.READY;
                    case delayed -> MessageView.State.DELAYED;
                    case inFlight -> MessageView.State.IN_FLIGHT;
                };
        int most = (int) RangeCheck.within("limit", limit, 1, MAX_ITEMS);
        RequestMemory.of(request).reserve(PAGE_BYTES);
        MessageFilter filter = FilterRequest.ofQuery(request);
        if (filter.reason().isPresent()) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST, "reason", "reason is for lists of dead letters; leave it out");
        }
        if (filter.all()) {
            var page = service.peek(queue, wanted, most, cursor).map(MessageResponse::of);
            return new Messages(page.items(), page.next().orElse(null), null);
        }
        var found = search.messages(queue, wanted, filter, most, cursor);
        return new Messages(
                found.page().items().stream().map(MessageResponse::of).toList(),
                found.page().next().orElse(null),
                found.looked());
    }

    @Operation(operationId = "getMessage", summary = "Get one message with its state")
    @Statuses({200, 404})
    @GetMapping("/messages/{id}")
    MessageResponse message(@PathVariable String queue, @PathVariable String id) {
        return MessageResponse.of(service.message(queue, id));
    }

    @Operation(
            operationId = "getProcessedId",
            summary = "Get whether and when the message with this producer's id was acked")
    @Statuses({200, 404})
    @GetMapping("/processed/{id}")
    ProcessedIdResponse processed(@PathVariable String queue, @PathVariable String id) {
        var processed = service.processed(queue, id);
        return new ProcessedIdResponse(processed.id(), processed.enqueuedAt(), processed.processedAt());
    }
}
