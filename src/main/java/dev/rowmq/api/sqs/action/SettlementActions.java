package dev.rowmq.api.sqs.action;

import dev.rowmq.api.sqs.attribute.QueueAddresses;
import dev.rowmq.api.sqs.attribute.QueueAttributes;
import dev.rowmq.api.sqs.protocol.SqsCall;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.api.sqs.protocol.SqsInput;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.SettleResult;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.QueueService;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** DeleteMessage and ChangeMessageVisibility, alone and in batches. */
@Component
public class SettlementActions {

    /** Characters; the queue service refuses longer receipts. */
    private static final int MAX_RECEIPT = 200;

    private final QueueService service;
    private final BatchEntries batches;
    private final JsonMapper json;

    SettlementActions(QueueService service, BatchEntries batches, JsonMapper json) {
        this.service = service;
        this.batches = batches;
        this.json = json;
    }

    public ObjectNode deleteMessage(SqsCall call) {
        String receipt = receipt(call.parameters());
        Queue queue = service.queue(QueueAddresses.queueOf(call));
        checkDeleted(queue, service.ack(queue.name(), List.of(receipt)).getFirst());
        return json.createObjectNode();
    }

    public ObjectNode deleteMessageBatch(SqsCall call) {
        Queue queue = service.queue(QueueAddresses.queueOf(call));
        List<SqsInput> entries = batches.read(call.parameters());
        ObjectNode output = batches.begin();
        List<SqsInput> valid = new ArrayList<>();
        List<String> receipts = new ArrayList<>();
        for (SqsInput entry : entries) {
            try {
                receipts.add(receipt(entry));
                valid.add(entry);
            } catch (SqsException refusal) {
                BatchEntries.failed(output, entry, refusal);
            }
        }
        if (!receipts.isEmpty()) {
            List<SettleResult> results = service.ack(queue.name(), receipts);
            for (int i = 0; i < results.size(); i++) {
                SettleResult result = results.get(i);
                write(output, valid.get(i), () -> checkDeleted(queue, result));
            }
        }
        return output;
    }

    private static void write(ObjectNode output, SqsInput entry, Runnable check) {
        try {
            check.run();
            BatchEntries.succeeded(output, entry);
        } catch (SqsException refusal) {
            BatchEntries.failed(output, entry, refusal);
        }
    }

    /**
     * As in SQS, a receipt whose message was leased again deletes nothing. A standard queue accepts it, a FIFO queue
     * does not.
     */
    private static void checkDeleted(Queue queue, SettleResult result) {
        switch (result.status()) {
            case INVALID -> throw invalidReceipt();
            case UNAVAILABLE, UNKNOWN -> throw unavailable();
            case STALE -> {
                if (queue.settings().fifo().isPresent()) {
                    throw new SqsException(
                            SqsError.RECEIPT_HANDLE_IS_INVALID, "The receipt handle has expired.");
                }
            }
            case ACKED, GONE, NACKED, DEAD, EXTENDED -> {}
        }
    }

    public ObjectNode changeMessageVisibility(SqsCall call) {
        SqsInput input = call.parameters();
        String receipt = receipt(input);
        Duration timeout = timeout(input);
        checkChanged(service.extend(QueueAddresses.queueOf(call), List.of(receipt), Optional.of(timeout)).getFirst());
        return json.createObjectNode();
    }

    public ObjectNode changeMessageVisibilityBatch(SqsCall call) {
        String queue = service.queue(QueueAddresses.queueOf(call)).name();
        List<SqsInput> entries = batches.read(call.parameters());
        ObjectNode output = batches.begin();
        Map<Duration, List<SqsInput>> byTimeout = new LinkedHashMap<>();
        for (SqsInput entry : entries) {
            try {
                receipt(entry);
                byTimeout.computeIfAbsent(timeout(entry), any -> new ArrayList<>()).add(entry);
            } catch (SqsException refusal) {
                BatchEntries.failed(output, entry, refusal);
            }
        }
        byTimeout.forEach((timeout, same) -> {
            try {
                List<SettleResult> results = service.extend(
                        queue, same.stream().map(SettlementActions::receipt).toList(), Optional.of(timeout));
                for (int i = 0; i < results.size(); i++) {
                    SettleResult result = results.get(i);
                    write(output, same.get(i), () -> checkChanged(result));
                }
            } catch (QueueException refusal) {
                // entries with another timeout may have been changed already
                same.forEach(entry -> BatchEntries.failed(output, entry, SqsException.of(refusal)));
            }
        });
        return output;
    }

    private static void checkChanged(SettleResult result) {
        switch (result.status()) {
            case EXTENDED, ACKED, NACKED, DEAD -> {}
            case STALE -> throw new SqsException(
                    SqsError.MESSAGE_NOT_INFLIGHT, "The message is not in flight under this receipt handle.");
            case GONE -> throw new SqsException(
                    SqsError.INVALID_PARAMETER_VALUE,
                    "Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available"
                            + " for visibility timeout change.");
            case INVALID -> throw invalidReceipt();
            case UNAVAILABLE, UNKNOWN -> throw unavailable();
        }
    }

    private static Duration timeout(SqsInput input) {
        return Duration.ofSeconds(input.number("VisibilityTimeout", 0, QueueAttributes.MAX_VISIBILITY_SECONDS)
                .orElseThrow(() -> SqsException.missing("VisibilityTimeout")));
    }

    private static String receipt(SqsInput input) {
        String receipt = input.requiredText("ReceiptHandle");
        if (receipt.length() > MAX_RECEIPT) {
            throw invalidReceipt();
        }
        return receipt;
    }

    private static SqsException invalidReceipt() {
        return new SqsException(
                SqsError.RECEIPT_HANDLE_IS_INVALID, "The input receipt handle is not a receipt handle of this queue.");
    }

    private static SqsException unavailable() {
        return new SqsException(
                SqsError.SERVICE_UNAVAILABLE, "The database of this message does not answer; repeat the call.");
    }
}
