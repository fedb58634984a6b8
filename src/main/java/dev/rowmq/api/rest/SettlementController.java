package dev.rowmq.api.rest;

import dev.rowmq.api.rest.openapi.RequestExample;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.api.rest.settlement.AckRequest;
import dev.rowmq.api.rest.settlement.ExtendRequest;
import dev.rowmq.api.rest.settlement.NackRequest;
import dev.rowmq.api.rest.settlement.SettleResponse;
import dev.rowmq.api.rest.settlement.SettledReceipt;
import dev.rowmq.model.message.SettleResult;
import dev.rowmq.queue.QueueService;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;

import java.util.List;
import java.util.Optional;

import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/queues/{queue}/ack}, {@code /nack} and {@code /extend}: settles leased messages. */
@RestController
@RequestMapping("/v1/queues/{queue}")
@Tag(name = "Messages")
class SettlementController {

    private final QueueService service;

    SettlementController(QueueService service) {
        this.service = service;
    }

    @Operation(operationId = "ackMessages", summary = "Ack: the messages are processed and never delivered again")
    @Statuses({200, 400, 404})
    @RequestExample("""
        {"receipts": ["AQAAAAEAAAAAAAAAAAEAAAAAAAAAAQAAAAFPd7QSlqn7KQ"]}\
        """)
    @PostMapping("/ack")
    SettleResponse ack(@PathVariable String queue, @RequestBody AckRequest request) {
        return settled(service.ack(queue, MessageController.required("receipts", request.receipts())));
    }

    @Operation(
            operationId = "nackMessages",
            summary = "Nack: the messages are delivered again after a delay",
            description = "After the last allowed delivery they become dead letters, and the status is `dead`.")
    @Statuses({200, 400, 404})
    @RequestExample("""
        {"receipts": ["AQAAAAEAAAAAAAAAAAEAAAAAAAAAAQAAAAFPd7QSlqn7KQ"], "delay": "10s", "error": "card declined"}\
        """)
    @PostMapping("/nack")
    SettleResponse nack(@PathVariable String queue, @RequestBody NackRequest request) {
        return settled(service.nack(
                queue,
                MessageController.required("receipts", request.receipts()),
                Optional.ofNullable(request.delay()),
                Optional.ofNullable(request.error())));
    }

    @Operation(
            operationId = "extendLeases",
            summary = "Extend: the leases last `visibilityTimeout` from now, at most 12 hours after the receive")
    @Statuses({200, 400, 404})
    @RequestExample("""
        {"receipts": ["AQAAAAEAAAAAAAAAAAEAAAAAAAAAAQAAAAFPd7QSlqn7KQ"], "visibilityTimeout": "60s"}\
        """)
    @PostMapping("/extend")
    SettleResponse extend(@PathVariable String queue, @RequestBody ExtendRequest request) {
        return settled(service.extend(
                queue,
                MessageController.required("receipts", request.receipts()),
                Optional.ofNullable(request.visibilityTimeout())));
    }

    private static SettleResponse settled(List<SettleResult> results) {
        return new SettleResponse(
                results.stream().map(SettledReceipt::of).toList());
    }
}
