package dev.rowmq.api.sqs.attribute;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The attributes of a queue in Amazon SQS's API. */
enum QueueAttribute {
    VISIBILITY_TIMEOUT("VisibilityTimeout", Handling.SETTING),
    MAXIMUM_MESSAGE_SIZE("MaximumMessageSize", Handling.SETTING),
    MESSAGE_RETENTION_PERIOD("MessageRetentionPeriod", Handling.SETTING),
    DELAY_SECONDS("DelaySeconds", Handling.SETTING),
    RECEIVE_MESSAGE_WAIT_TIME_SECONDS("ReceiveMessageWaitTimeSeconds", Handling.SETTING),
    REDRIVE_POLICY("RedrivePolicy", Handling.SETTING),
    REDRIVE_ALLOW_POLICY("RedriveAllowPolicy", Handling.KEPT),
    POLICY("Policy", Handling.KEPT),
    KMS_MASTER_KEY_ID("KmsMasterKeyId", Handling.KEPT),
    KMS_DATA_KEY_REUSE_PERIOD_SECONDS("KmsDataKeyReusePeriodSeconds", Handling.KEPT),
    SQS_MANAGED_SSE_ENABLED("SqsManagedSseEnabled", Handling.KEPT),
    FIFO_QUEUE("FifoQueue", Handling.FIFO),
    CONTENT_BASED_DEDUPLICATION("ContentBasedDeduplication", Handling.FIFO),
    DEDUPLICATION_SCOPE("DeduplicationScope", Handling.FIFO),
    FIFO_THROUGHPUT_LIMIT("FifoThroughputLimit", Handling.FIFO),
    APPROXIMATE_NUMBER_OF_MESSAGES("ApproximateNumberOfMessages", Handling.READ_ONLY),
    APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE("ApproximateNumberOfMessagesNotVisible", Handling.READ_ONLY),
    APPROXIMATE_NUMBER_OF_MESSAGES_DELAYED("ApproximateNumberOfMessagesDelayed", Handling.READ_ONLY),
    CREATED_TIMESTAMP("CreatedTimestamp", Handling.READ_ONLY),
    LAST_MODIFIED_TIMESTAMP("LastModifiedTimestamp", Handling.READ_ONLY),
    QUEUE_ARN("QueueArn", Handling.READ_ONLY);

    /** How the service treats an attribute. */
    enum Handling {
        /** It changes how the queue works. */
        SETTING,
        /** It is kept and returned. Only RedriveAllowPolicy has an effect: on queues that name this one. */
        KEPT,
        /** It is of FIFO queues only. FifoThroughputLimit is kept and returned; the others change how they work. */
        FIFO,
        READ_ONLY
    }

    private static final Map<String, QueueAttribute> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toMap(QueueAttribute::wireName, Function.identity()));

    private final String wireName;
    private final Handling handling;

    QueueAttribute(String wireName, Handling handling) {
        this.wireName = wireName;
        this.handling = handling;
    }

    String wireName() {
        return wireName;
    }

    Handling handling() {
        return handling;
    }

    static Optional<QueueAttribute> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }
}
