package dev.rowmq.api.sqs.action;

import dev.rowmq.api.sqs.attribute.QueueAddresses;
import dev.rowmq.api.sqs.attribute.SqsProperties;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.ReservedMetadata;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The system attributes of a received message. */
final class SystemAttributes {

    private static final Set<String> NAMES = Set.of(
            "All",
            "SenderId",
            "SentTimestamp",
            "ApproximateReceiveCount",
            "ApproximateFirstReceiveTimestamp",
            "SequenceNumber",
            "MessageDeduplicationId",
            "MessageGroupId",
            "AWSTraceHeader",
            "DeadLetterQueueSourceArn");

    private SystemAttributes() {}

    /** @throws SqsException InvalidAttributeName */
    static void check(String name) {
        if (!NAMES.contains(name)) {
            throw new SqsException(
                    SqsError.INVALID_ATTRIBUTE_NAME, "Unknown Attribute %s.".formatted(SafeText.of(name, 100)));
        }
    }

    /** The position of a message as the sequence number of SQS, which clients compare as a number or as a text. */
    static String sequenceNumber(long position) {
        return "%020d".formatted(position);
    }

    /** Times are milliseconds since 1970. Attributes that a message does not have are absent. */
    static Map<String, String> of(
            Delivery delivery, QueueAddresses addresses, SqsProperties properties, Set<String> wanted,
            boolean fifo) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("SenderId", properties.account());
        all.put("SentTimestamp", Long.toString(delivery.enqueuedAt().toEpochMilli()));
        all.put("ApproximateReceiveCount", Integer.toString(delivery.deliveries()));
        all.put("ApproximateFirstReceiveTimestamp", Long.toString(delivery.firstReceivedAt().toEpochMilli()));
        delivery.group().ifPresent(group -> all.put("MessageGroupId", group));
        if (fifo) {
            all.put("SequenceNumber", sequenceNumber(delivery.position()));
        }
        String deduplicationId = delivery.metadata().get(ReservedMetadata.DEDUPLICATION_ID);
        if (deduplicationId != null) {
            all.put("MessageDeduplicationId", deduplicationId);
        }
        String trace = delivery.metadata().get(ReservedMetadata.TRACE_HEADER);
        if (trace != null) {
            all.put("AWSTraceHeader", trace);
        }
        String source = delivery.metadata().get(ReservedMetadata.DEAD_LETTER_QUEUE);
        if (source != null) {
            all.put("DeadLetterQueueSourceArn", addresses.arn(source));
        }
        if (!wanted.contains("All")) {
            all.keySet().retainAll(wanted);
        }
        return all;
    }
}
