package dev.rowmq.api.sqs.action;

import dev.rowmq.api.sqs.attribute.Checksums;
import dev.rowmq.api.sqs.attribute.MessageAttribute;
import dev.rowmq.api.sqs.attribute.MessageAttributes;
import dev.rowmq.api.sqs.attribute.QueueAddresses;
import dev.rowmq.api.sqs.attribute.SqsProperties;
import dev.rowmq.api.sqs.protocol.SqsCall;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.api.sqs.protocol.SqsInput;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.MessageValidator;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.ReservedMetadata;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.queue.QueueService;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;

import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** SendMessage and SendMessageBatch. */
@Component
public class SendActions {

    private static final String TRACE_HEADER = "AWSTraceHeader";
    private static final int MAX_TTL_SECONDS = 365 * 24 * 60 * 60;

    private final QueueService service;
    private final MessageAttributes attributes;
    private final SqsProperties.SqsLimits limits;
    private final BatchEntries batches;
    private final JsonMapper json;

    SendActions(
            QueueService service, MessageAttributes attributes, SqsProperties properties, BatchEntries batches,
            JsonMapper json) {
        this.service = service;
        this.attributes = attributes;
        this.limits = properties.limits();
        this.batches = batches;
        this.json = json;
    }

    /** A message, and the parts of it whose checksums are in its result. */
    private record Outgoing(
            NewMessage message,
            String body,
            SortedMap<String, MessageAttribute> attributes,
            SortedMap<String, MessageAttribute> systemAttributes) {

        int size() {
            return message.body().bytes().length + MessageAttributes.size(attributes);
        }
    }

    public ObjectNode sendMessage(SqsCall call) {
        String queue = QueueAddresses.queueOf(call);
        Optional<FifoRules> rules = rules(queue);
        Outgoing outgoing = read(call.parameters(), rules);
        ObjectNode output = json.createObjectNode();
        write(output, outgoing, send(call, queue, List.of(outgoing)).getFirst(), rules.isPresent());
        return output;
    }

    public ObjectNode sendMessageBatch(SqsCall call) {
        String queue = QueueAddresses.queueOf(call);
        List<SqsInput> entries = batches.read(call.parameters());
        ObjectNode output = batches.begin();
        List<Outgoing> valid = new ArrayList<>();
        List<SqsInput> sent = new ArrayList<>();
        long size = 0;
        Optional<FifoRules> rules = rules(queue);
        for (SqsInput entry : entries) {
            try {
                Outgoing outgoing = read(entry, rules);
                size += outgoing.size();
                valid.add(outgoing);
                sent.add(entry);
            } catch (SqsException refusal) {
                BatchEntries.failed(output, entry, refusal);
            }
        }
        if (size > limits.messageBytes()) {
            throw new SqsException(
                    SqsError.BATCH_TOO_LONG,
                    "Batch requests cannot be longer than %d bytes. You have sent %d bytes."
                            .formatted(limits.messageBytes(), size));
        }
        List<SendResult> results = send(call, queue, valid);
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i) instanceof SendResult.Rejected rejected) {
                BatchEntries.failed(output, sent.get(i), SqsException.of(rejected.fault()));
            } else {
                write(BatchEntries.succeeded(output, sent.get(i)), valid.get(i), results.get(i), rules.isPresent());
            }
        }
        return output;
    }

    private List<SendResult> send(SqsCall call, String queue, List<Outgoing> messages) {
        SendContext context = SendContext.of(call.request().getAttribute(SendContext.ATTRIBUTE));
        return service.send(queue, messages.stream().map(Outgoing::message).toList(), context);
    }

    /** The rules of a FIFO queue; empty for a standard queue. A queue that does not exist is refused. */
    private Optional<FifoRules> rules(String queue) {
        return service.queue(queue).settings().fifo();
    }

    private Outgoing read(SqsInput input, Optional<FifoRules> rules) {
        String body = input.requiredText("MessageBody");
        Optional<String> group = groupText(input, "MessageGroupId");
        Optional<String> deduplicationId = groupText(input, "MessageDeduplicationId");
        OptionalInt delay = input.number("DelaySeconds", 0, limits.delaySeconds());
        SortedMap<String, MessageAttribute> own = MessageAttributes.read(input, "MessageAttributes", limits);
        SortedMap<String, MessageAttribute> system = systemAttributes(input);
        Map<String, String> reserved = attributes.reserved(own);
        if (rules.isPresent()) {
            boolean identified = deduplicationId.isPresent() || own.containsKey(ReservedMetadata.ID);
            checkFifo(rules.get(), group, identified, delay);
        } else if (deduplicationId.isPresent()) {
            throw SqsException.invalid(
                    "MessageDeduplicationId",
                    deduplicationId.get(),
                    "The request includes a parameter that is not valid for this queue type.");
        }
        Optional.ofNullable(system.get(TRACE_HEADER))
                .ifPresent(trace -> reserved.put(ReservedMetadata.TRACE_HEADER, trace.value()));
        return new Outgoing(
                new NewMessage(
                        new Body(Body.Kind.TEXT, body.getBytes(StandardCharsets.UTF_8)),
                        Optional.ofNullable(own.get(ReservedMetadata.ID)).map(MessageAttribute::value),
                        MessageAttributes.metadata(own),
                        reserved,
                        option(own, ReservedMetadata.PRIORITY, 0, 9).orElse(Integer.MAX_VALUE),
                        delay.isPresent() && rules.isEmpty()
                                ? Optional.of(Duration.ofSeconds(delay.getAsInt()))
                                : Optional.empty(),
                        Optional.empty(),
                        option(own, ReservedMetadata.TTL, 1, MAX_TTL_SECONDS).map(Duration::ofSeconds),
                        group,
                        deduplicationId),
                body,
                own,
                system);
    }

    /** A parameter for FIFO queues, which all have the same form. */
    static Optional<String> groupText(SqsInput input, String parameter) {
        return input.text(parameter).map(text -> {
            if (!MessageValidator.isGroupText(text)) {
                throw SqsException.invalid(
                        parameter,
                        SafeText.of(text, 150),
                        "It can only include alphanumeric and punctuation characters. 1 to 128 in length.");
            }
            return text;
        });
    }

    /** @param identified whether the message has a deduplication id, or an id of its own that serves as one */
    private static void checkFifo(
            FifoRules rules, Optional<String> group, boolean identified, OptionalInt delay) {
        if (group.isEmpty()) {
            throw SqsException.missing("MessageGroupId");
        }
        if (!identified && !rules.contentBasedDeduplication()) {
            throw new SqsException(
                    SqsError.INVALID_PARAMETER_VALUE,
                    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided"
                            + " explicitly");
        }
        if (delay.orElse(0) > 0) {
            throw SqsException.invalid(
                    "DelaySeconds",
                    Integer.toString(delay.getAsInt()),
                    "The request includes a parameter that is not valid for this queue type.");
        }
    }

    private static Optional<Integer> option(
            SortedMap<String, MessageAttribute> attributes, String name, int low, int high) {
        return Optional.ofNullable(attributes.get(name)).map(attribute -> {
            String text = attribute.value();
            if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) < low || Integer.parseInt(text) > high) {
                throw SqsException.invalid(
                        name, SafeText.of(text, 40), "Must be a whole number from %d to %d.".formatted(low, high));
            }
            return Integer.valueOf(text);
        });
    }

    private SortedMap<String, MessageAttribute> systemAttributes(SqsInput input) {
        SortedMap<String, MessageAttribute> system = MessageAttributes.read(input, "MessageSystemAttributes", limits);
        system.forEach((name, attribute) -> {
            if (!name.equals(TRACE_HEADER) || !attribute.dataType().equals("String")) {
                throw SqsException.invalid(
                        "MessageSystemAttributes",
                        SafeText.of(name, 100),
                        "Only AWSTraceHeader, a String, can be set.");
            }
        });
        return system;
    }

    private static void write(ObjectNode output, Outgoing outgoing, SendResult result, boolean fifo) {
        switch (result) {
            case SendResult.Rejected rejected -> throw new QueueException(List.of(rejected.fault()));
            case SendResult.Stored stored -> {
                output.put("MessageId", MessageIds.of(stored.id()));
                output.put("MD5OfMessageBody", Checksums.ofBody(outgoing.body()));
                if (fifo) {
                    output.put("SequenceNumber", SystemAttributes.sequenceNumber(stored.position()));
                }
                if (!outgoing.attributes().isEmpty()) {
                    output.put("MD5OfMessageAttributes", Checksums.ofAttributes(outgoing.attributes()));
                }
                if (!outgoing.systemAttributes().isEmpty()) {
                    output.put("MD5OfMessageSystemAttributes", Checksums.ofAttributes(outgoing.systemAttributes()));
                }
            }
        }
    }
}
