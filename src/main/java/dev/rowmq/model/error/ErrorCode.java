package dev.rowmq.model.error;

/**
 * All error codes of the service. The names are part of the public API and never change; each API maps them to its own
 * status in one exhaustive switch.
 */
public enum ErrorCode {
    INVALID_REQUEST,
    MALFORMED_JSON,
    /** The JSON is nested deeper, is longer or has more parts than any valid request. */
    JSON_LIMIT,
    UNKNOWN_FIELD,
    INVALID_QUEUE_NAME,
    INVALID_TOPIC_NAME,
    INVALID_SUBSCRIPTION_NAME,
    /** The url of a subscription is not a URL, or points to an address that the service must not call. */
    URL_NOT_ALLOWED,
    OUT_OF_RANGE,
    EMPTY_BODY,
    /**
     * A text body or the error text of a nack has a character that XML 1.0 does not allow. The SQS protocol could not
     * carry it either.
     */
    INVALID_CHARACTER,
    /** A metadata entry has an invalid name or value, or there are too many entries. */
    INVALID_ATTRIBUTE,
    /** The dead letter queue is the queue itself, forms a cycle, or does not exist. */
    INVALID_REDRIVE,
    NOT_SUPPORTED,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    QUEUE_NOT_FOUND,
    TOPIC_NOT_FOUND,
    SUBSCRIPTION_NOT_FOUND,
    MESSAGE_NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    QUEUE_CONFLICT,
    /** A condition of the request, If-Match or If-None-Match, does not hold. */
    PRECONDITION_FAILED,
    BODY_TOO_LARGE,
    MESSAGE_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    ID_REUSED,
    RATE_LIMITED,
    QUEUE_FULL,
    OVERLOADED,
    STORE_UNAVAILABLE,
    /** The disk of the database is full. Acks may still be possible. */
    STORE_FULL,
    /**
     * The connection broke during a commit, so the change may or may not have happened. Apart from {@link #INTERNAL},
     * this is the only code that does not guarantee that nothing was changed.
     */
    OUTCOME_UNKNOWN,
    /** A defect of the service. */
    INTERNAL
}
