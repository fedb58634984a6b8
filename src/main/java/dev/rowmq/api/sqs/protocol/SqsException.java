package dev.rowmq.api.sqs.protocol;

import dev.rowmq.model.error.QueueException;

/** Refuses a call of Amazon SQS's API; except for server errors, the call has changed nothing. */
public final class SqsException extends RuntimeException {

    private final SqsError error;

    public SqsException(SqsError error, String message) {
        super(message, null, false, false);
        this.error = error;
    }

    /** The refusal of the queue service as one of SQS. */
    public static SqsException of(QueueException.Violation fault) {
        return new SqsException(SqsError.of(fault.code()), fault.detail());
    }

    public static SqsException of(QueueException refusal) {
        return of(refusal.faults().getFirst());
    }

    public static SqsException missing(String parameter) {
        return new SqsException(
                SqsError.MISSING_PARAMETER, "The request must contain the parameter %s.".formatted(parameter));
    }

    public static SqsException invalid(String parameter, String value, String reason) {
        return new SqsException(
                SqsError.INVALID_PARAMETER_VALUE,
                "Value %s for parameter %s is invalid. Reason: %s".formatted(value, parameter, reason));
    }

    public SqsError error() {
        return error;
    }
}
