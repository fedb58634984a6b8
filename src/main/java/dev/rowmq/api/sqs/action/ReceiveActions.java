package dev.rowmq.api.sqs.action;

import dev.rowmq.api.http.connection.ClientPresence;
import dev.rowmq.api.http.connection.ClientWatch;
import dev.rowmq.api.http.RequestMemory;
import dev.rowmq.api.sqs.attribute.Checksums;
import dev.rowmq.api.sqs.attribute.MessageAttribute;
import dev.rowmq.api.sqs.attribute.MessageAttributes;
import dev.rowmq.api.sqs.attribute.QueueAddresses;
import dev.rowmq.api.sqs.attribute.QueueAttributes;
import dev.rowmq.api.sqs.attribute.SqsProperties;
import dev.rowmq.api.sqs.protocol.SqsCall;
import dev.rowmq.api.sqs.protocol.SqsInput;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.group.ReceiveAttempts;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;

import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** ReceiveMessage. */
@Component
public class ReceiveActions {

    /** Bytes of heap per byte of a body: the body, its text and the response. */
    private static final int BYTES_PER_BYTE = 4;

    private final QueueService service;
    private final ClientWatch clients;
    private final MessageAttributes attributes;
    private final QueueAddresses addresses;
    private final SqsProperties properties;
    private final ReceiveAttempts attempts;
    private final JsonMapper json;

    ReceiveActions(
            QueueService service, ClientWatch clients, MessageAttributes attributes, QueueAddresses addresses,
            SqsProperties properties, ReceiveAttempts attempts, JsonMapper json) {
        this.service = service;
        this.clients = clients;
        this.attributes = attributes;
        this.addresses = addresses;
        this.properties = properties;
        this.attempts = attempts;
        this.json = json;
    }

    /**
     * A response that leases messages.
     *
     * @param wanted      whether the client still waits for it
     * @param undelivered ends the leases; to be called when the response does not reach the client
     */
    public record Received(ObjectNode output, boolean wanted, Runnable undelivered) {}

    public Received receiveMessage(SqsCall call) {
        SqsInput input = call.parameters();
        Queue queue = service.queue(QueueAddresses.queueOf(call));
        int max = input.number("MaxNumberOfMessages", 1, properties.limits().batch()).orElse(1);
        OptionalInt visibility = input.number("VisibilityTimeout", 0, QueueAttributes.MAX_VISIBILITY_SECONDS);
        Duration wait = Duration.ofSeconds(input.number("WaitTimeSeconds", 0, properties.limits().waitSeconds())
                .orElse(QueueAttributes.waitSeconds(queue.settings())));
        Set<String> wantedSystem = new HashSet<>(MessageAttributes.names(input, "MessageSystemAttributeNames"));
        wantedSystem.addAll(MessageAttributes.names(input, "AttributeNames"));
        List<String> wantedAttributes = MessageAttributes.names(input, "MessageAttributeNames");
        wantedSystem.forEach(SystemAttributes::check);
        Optional<String> attempt = attempt(input, queue);
        ClientPresence presence = ClientPresence.of(call.request());
        RequestMemory.of(call.request()).reserve(0);
        List<Delivery> deliveries;
        try (ClientWatch.Watch watch = presence.watch(clients, wait)) {
            deliveries = service.receive(
                    queue.name(),
                    presence,
                    max,
                    wait,
                    visibility.isPresent()
                            ? Optional.of(Duration.ofSeconds(visibility.getAsInt()))
                            : Optional.empty());
        }
        RequestMemory.of(call.request()).take(BYTES_PER_BYTE * deliveries.stream()
                .mapToLong(one -> one.body().bytes().length)
                .sum());
        List<String> receipts = deliveries.stream().map(Delivery::receipt).toList();
        attempt.filter(any -> !receipts.isEmpty()).ifPresent(id -> attempts.record(queue.id(), id, receipts));
        Runnable takeBack = deliveries.isEmpty() ? () -> {} : () -> service.takeBack(queue.name(), receipts);
        try {
            ObjectNode output = json.createObjectNode();
            if (!deliveries.isEmpty()) {
                ArrayNode messages = output.putArray("Messages");
                boolean fifo = queue.settings().fifo().isPresent();
                deliveries.forEach(one -> write(messages.addObject(), one, wantedSystem, wantedAttributes, fifo));
            }
            return new Received(output, deliveries.isEmpty() || presence.wanted(), takeBack);
        } catch (RuntimeException defect) {
            takeBack.run();
            throw defect;
        }
    }

    /** The attempt that a receive from a FIFO queue names; the leases of its earlier answer end. */
    private Optional<String> attempt(SqsInput input, Queue queue) {
        Optional<String> attempt = SendActions.groupText(input, "ReceiveRequestAttemptId")
                .filter(id -> queue.settings().fifo().isPresent());
        attempt.map(id -> attempts.take(queue.id(), id))
                .filter(earlier -> !earlier.isEmpty())
                .ifPresent(earlier -> service.takeBack(queue.name(), earlier));
        return attempt;
    }

    private void write(ObjectNode message, Delivery delivery, Set<String> wantedSystem, List<String> wanted,
            boolean fifo) {
        String body = text(delivery.body());
        message.put("MessageId", MessageIds.of(delivery.id()));
        message.put("ReceiptHandle", delivery.receipt());
        message.put("MD5OfBody", Checksums.ofBody(body));
        message.put("Body", body);
        if (!wantedSystem.isEmpty()) {
            Map<String, String> system = SystemAttributes.of(delivery, addresses, properties, wantedSystem, fifo);
            if (!system.isEmpty()) {
                ObjectNode map = message.putObject("Attributes");
                system.forEach(map::put);
            }
        }
        SortedMap<String, MessageAttribute> own = attributes.of(delivery.metadata(), wanted);
        if (!own.isEmpty()) {
            message.put("MD5OfMessageAttributes", Checksums.ofAttributes(own));
            ObjectNode map = message.putObject("MessageAttributes");
            own.forEach((name, attribute) -> map.putObject(name)
                    .put(attribute.isBinary() ? "BinaryValue" : "StringValue", attribute.value())
                    .put("DataType", attribute.dataType()));
        }
    }

    /** A body of bytes, which SQS cannot carry, as base64. */
    private static String text(Body body) {
        return body.kind() == Body.Kind.BYTES
                ? Base64.getEncoder().encodeToString(body.bytes())
                : new String(body.bytes(), StandardCharsets.UTF_8);
    }
}
