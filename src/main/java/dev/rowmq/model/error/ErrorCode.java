package dev.rowmq.model.error;

/**
 * Every reason for which the service refuses something. The names are part of the public API and are for ever; each API
 * maps them to its own status in one exhaustive switch.
 */
public enum ErrorCode {
    INVALID_REQUEST,
    MALFORMED_JSON,
    /** The JSON is deeper, longer or has more parts than any valid request. */
    JSON_LIMIT,
    UNKNOWN_FIELD,
    INVALID_QUEUE_NAME,
    INVALID_TOPIC_NAME,
    INVALID_SUBSCRIPTION_NAME,
    /** The url of a subscription is none, or leads to where the service must not call. */
    URL_NOT_ALLOWED,
    INVALID_RECEIPT,
    OUT_OF_RANGE,
    EMPTY_BODY,
    /** A text body holds a character that XML 1.0 does not know, which the SQS protocol could not carry either. */
    INVALID_CHARACTER,
    /** A metadata entry has a bad name, a bad value, or there are too many. */
    INVALID_ATTRIBUTE,
    /** A dead letter queue that is the queue itself, closes a circle, or does not exist. */
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
    BODY_TOO_LARGE,
    MESSAGE_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    ID_REUSED,
    RATE_LIMITED,
    QUEUE_FULL,
    OVERLOADED,
    STORE_UNAVAILABLE,
    /** The database has no room left on its disk. Acks may still be possible. */
    STORE_FULL,
    /**
     * The connection broke while a change was being committed: it may have happened or not. The only refusal that
     * promises nothing.
     */
    OUTCOME_UNKNOWN,
    /** A defect of ours. */
    INTERNAL
}
