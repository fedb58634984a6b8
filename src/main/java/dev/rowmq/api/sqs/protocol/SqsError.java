package dev.rowmq.api.sqs.protocol;

import dev.rowmq.model.error.ErrorCode;

/**
 * The errors of Amazon SQS's API. Each has a name in the JSON protocol, an older code in the Query protocol, and an
 * HTTP status for each. The JSON protocol carries the older code too, in the header {@code x-amzn-query-error}.
 */
public enum SqsError {
    QUEUE_DOES_NOT_EXIST("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
    QUEUE_NAME_EXISTS("QueueNameExists", "QueueAlreadyExists"),
    PURGE_QUEUE_IN_PROGRESS("PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 400, 403),
    MESSAGE_NOT_INFLIGHT("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"),
    TOO_MANY_ENTRIES("TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"),
    EMPTY_BATCH("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"),
    BATCH_IDS_NOT_DISTINCT("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
    BATCH_TOO_LONG("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"),
    INVALID_BATCH_ENTRY_ID("InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId"),
    UNSUPPORTED_OPERATION("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"),
    RECEIPT_HANDLE_IS_INVALID("ReceiptHandleIsInvalid"),
    INVALID_MESSAGE_CONTENTS("InvalidMessageContents"),
    INVALID_ATTRIBUTE_NAME("InvalidAttributeName"),
    INVALID_ATTRIBUTE_VALUE("InvalidAttributeValue"),
    OVER_LIMIT("OverLimit", "OverLimit", 400, 403),
    REQUEST_THROTTLED("RequestThrottled", "RequestThrottled", 400, 403),
    INVALID_ADDRESS("InvalidAddress"),
    RESOURCE_NOT_FOUND("ResourceNotFoundException", "ResourceNotFoundException", 400, 404),
    INVALID_PARAMETER_VALUE("InvalidParameterValue"),
    MISSING_PARAMETER("MissingParameter"),
    INVALID_ACTION("InvalidAction"),
    MISSING_ACTION("MissingAction"),
    SERIALIZATION("SerializationException", "MalformedInput"),
    ACCESS_DENIED("AccessDenied", "AccessDenied", 403, 403),
    MISSING_AUTHENTICATION_TOKEN("MissingAuthenticationToken", "MissingAuthenticationToken", 403, 403),
    INVALID_CLIENT_TOKEN_ID("InvalidClientTokenId", "InvalidClientTokenId", 403, 403),
    SIGNATURE_DOES_NOT_MATCH("SignatureDoesNotMatch", "SignatureDoesNotMatch", 403, 403),
    SERVICE_UNAVAILABLE("ServiceUnavailable", "ServiceUnavailable", 503, 503),
    INTERNAL_ERROR("InternalError", "InternalError", 500, 500);

    private final String shape;
    private final String legacyCode;
    private final int jsonStatus;
    private final int queryStatus;

    SqsError(String name) {
        this(name, name);
    }

    SqsError(String shape, String legacyCode) {
        this(shape, legacyCode, 400, 400);
    }

    SqsError(String shape, String legacyCode, int jsonStatus, int queryStatus) {
        this.shape = shape;
        this.legacyCode = legacyCode;
        this.jsonStatus = jsonStatus;
        this.queryStatus = queryStatus;
    }

    /** The name in the JSON protocol, without the name space. */
    public String shape() {
        return shape;
    }

    /** The code in the Query protocol. */
    public String legacyCode() {
        return legacyCode;
    }

    public int jsonStatus() {
        return jsonStatus;
    }

    public int queryStatus() {
        return queryStatus;
    }

    /** Whether the request is at fault, so that the same request would fail again. */
    public boolean isSenderFault() {
        return jsonStatus < 500;
    }

    /** The error for a refusal of the queue service. */
    public static SqsError of(ErrorCode code) {
        return switch (code) {
            case QUEUE_NOT_FOUND -> QUEUE_DOES_NOT_EXIST;
            case INVALID_CHARACTER -> INVALID_MESSAGE_CONTENTS;
            case EMPTY_BODY -> MISSING_PARAMETER;
            case NOT_SUPPORTED, QUEUE_CONFLICT, PRECONDITION_FAILED -> UNSUPPORTED_OPERATION;
            case MALFORMED_JSON, JSON_LIMIT -> SERIALIZATION;
            case UNAUTHENTICATED -> MISSING_AUTHENTICATION_TOKEN;
            case FORBIDDEN -> ACCESS_DENIED;
            case MESSAGE_NOT_FOUND -> RECEIPT_HANDLE_IS_INVALID;
            case NOT_FOUND -> INVALID_ADDRESS;
            case METHOD_NOT_ALLOWED -> INVALID_ACTION;
            case RATE_LIMITED -> REQUEST_THROTTLED;
            case QUEUE_FULL -> OVER_LIMIT;
            case OVERLOADED, STORE_UNAVAILABLE, STORE_FULL, OUTCOME_UNKNOWN -> SERVICE_UNAVAILABLE;
            case INTERNAL -> INTERNAL_ERROR;
            case INVALID_REQUEST,
                    UNKNOWN_FIELD,
                    INVALID_QUEUE_NAME,
                    INVALID_TOPIC_NAME,
                    INVALID_SUBSCRIPTION_NAME,
                    URL_NOT_ALLOWED,
                    OUT_OF_RANGE,
                    INVALID_ATTRIBUTE,
                    INVALID_REDRIVE,
                    TOPIC_NOT_FOUND,
                    SUBSCRIPTION_NOT_FOUND,
                    NOT_ACCEPTABLE,
                    BODY_TOO_LARGE,
                    MESSAGE_TOO_LARGE,
                    UNSUPPORTED_MEDIA_TYPE,
                    ID_REUSED -> INVALID_PARAMETER_VALUE;
        };
    }
}
