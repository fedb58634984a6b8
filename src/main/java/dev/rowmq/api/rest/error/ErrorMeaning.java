package dev.rowmq.api.rest.error;

import dev.rowmq.model.error.ErrorCode;

/** A description of each error code: its meaning, and the next step of a caller. */
final class ErrorMeaning {

    private ErrorMeaning() {}

    static String of(ErrorCode code) {
        return switch (code) {
            case INVALID_REQUEST -> "A field, parameter or header has a value that is not allowed, or a required one is"
                    + " missing. Correct the request; a repetition is refused again.";
            case MALFORMED_JSON -> "The body is not JSON (RFC 8259). The detail names the line and the column.";
            case JSON_LIMIT -> "The JSON is nested deeper, longer or has more parts than any valid request.";
            case UNKNOWN_FIELD -> "The request has a field that does not exist here. The detail lists those that do.";
            case INVALID_QUEUE_NAME, INVALID_TOPIC_NAME, INVALID_SUBSCRIPTION_NAME ->
                "The name has characters that are not allowed, or is too long. The detail gives the rule.";
            case URL_NOT_ALLOWED -> "The service may not call this url. Allow its network by rowmq.push.allow-cidrs.";
            case OUT_OF_RANGE -> "A value is outside its range, which the detail gives.";
            case EMPTY_BODY -> "A message needs at least one byte.";
            case INVALID_CHARACTER -> "A text has a control character that XML 1.0 does not allow. Send bytes instead,"
                    + " as bodyBase64.";
            case INVALID_ATTRIBUTE -> "The metadata has an invalid name or value, or too many entries.";
            case INVALID_REDRIVE -> "The dead letter queue is the queue itself, closes a circle, or does not exist.";
            case NOT_SUPPORTED -> "The kind of queue does not support this. The detail names another way.";
            case UNAUTHENTICATED -> "The request has no API key, or one that is not configured. Send it as"
                    + " Authorization: Bearer.";
            case FORBIDDEN -> "The API key does not have the role that this needs, or is limited to other queues.";
            case NOT_FOUND -> "There is nothing at this path.";
            case QUEUE_NOT_FOUND -> "There is no queue of this name. Create it with PUT /v1/queues/{queue}.";
            case TOPIC_NOT_FOUND -> "There is no topic of this name. Create it with PUT /v1/topics/{topic}.";
            case SUBSCRIPTION_NOT_FOUND -> "The queue has no subscription of this name.";
            case MESSAGE_NOT_FOUND -> "The queue has no message or dead letter of this id: it was acked, has expired or"
                    + " was removed.";
            case METHOD_NOT_ALLOWED -> "The path exists, but not with this method. The header Allow lists the methods.";
            case NOT_ACCEPTABLE -> "The header Accept allows none of the formats that the service has.";
            case QUEUE_CONFLICT -> "Another queue, topic or operation stands against this. The detail names it.";
            case PRECONDITION_FAILED -> "If-Match or If-None-Match does not hold: the settings were changed by"
                    + " another request. Get them again, and decide anew. Nothing was changed.";
            case BODY_TOO_LARGE -> "The request is larger than rowmq.rest.max-request-size.";
            case MESSAGE_TOO_LARGE -> "Body and metadata are larger than maxMessageSize of the queue.";
            case UNSUPPORTED_MEDIA_TYPE -> "The header Content-Type names a format that is not read here.";
            case ID_REUSED -> "The id was sent before with another body. Choose another id.";
            case RATE_LIMITED -> "The queue's or the key's rate limit is reached. Try again after Retry-After, or let"
                    + " the send wait with the parameter block.";
            case QUEUE_FULL -> "The queue holds as many messages as maxMessages allows. Try again after Retry-After.";
            case OVERLOADED -> "The service has more requests than it can take. Nothing was changed. Try again after"
                    + " Retry-After.";
            case STORE_UNAVAILABLE -> "The database does not answer or is busy. Nothing was changed. Try again after"
                    + " Retry-After.";
            case STORE_FULL -> "The disk of the database is full. Acks may still be possible, and make room.";
            case OUTCOME_UNKNOWN -> "The connection to the database broke during a commit: the change may have happened"
                    + " or not. Repeat it; a send needs an id to be stored once.";
            case INTERNAL -> "A defect of the service. Its log has the reason; please report it.";
        };
    }
}
