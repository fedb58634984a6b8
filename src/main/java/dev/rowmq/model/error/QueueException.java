package dev.rowmq.model.error;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The only exception that crosses packages. It refuses a request with an error code and a text that names the field,
 * the value, the allowed range and the next step. Except for {@link ErrorCode#OUTCOME_UNKNOWN} and
 * {@link ErrorCode#INTERNAL}, it guarantees that the request changed nothing.
 */
public final class QueueException extends RuntimeException {

    /**
     * One fault of a request.
     *
     * @param field      path of the field in the request; empty when the fault concerns the whole request
     * @param retryAfter delay after which the same request may succeed; empty when there is no estimate
     */
    public record Violation(ErrorCode code, String field, String detail, Optional<Duration> retryAfter) {

        public Violation(ErrorCode code, String field, String detail) {
            this(code, field, detail, Optional.empty());
        }
    }

    private final transient List<Violation> faults;

    public QueueException(ErrorCode code, String detail) {
        this(List.of(new Violation(code, "", detail)), null);
    }

    public QueueException(ErrorCode code, String field, String detail) {
        this(List.of(new Violation(code, field, detail)), null);
    }

    public QueueException(ErrorCode code, String detail, Throwable cause) {
        this(List.of(new Violation(code, "", detail)), cause);
    }

    /** Several faults at once; the first one sets {@link #code()} and {@link #detail()}. */
    public QueueException(List<Violation> faults) {
        this(faults, null);
    }

    private QueueException(List<Violation> faults, Throwable cause) {
        super(faults.getFirst().detail(), cause, false, false);
        this.faults = List.copyOf(faults);
    }

    public ErrorCode code() {
        return faults.getFirst().code();
    }

    /**
     * Whether the database is the cause. The store logs the error of the database once, so callers need not log it
     * again.
     */
    public boolean databaseFault() {
        return code() == ErrorCode.STORE_UNAVAILABLE || code() == ErrorCode.STORE_FULL
                || code() == ErrorCode.OUTCOME_UNKNOWN;
    }

    /** As {@link #databaseFault}, for any failure; false for other exceptions. */
    public static boolean isDatabaseFault(Throwable failure) {
        return failure instanceof QueueException refusal && refusal.databaseFault();
    }

    public String detail() {
        return faults.getFirst().detail();
    }

    /** Never empty; the first one is {@link #code()} and {@link #detail()}. */
    public List<Violation> faults() {
        return faults;
    }
}
