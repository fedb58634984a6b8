package dev.rowmq.model.error;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The one exception that crosses rooms: a request is refused, with a code and a text that names the thing, the value,
 * the allowed range and the next step. Except for {@link ErrorCode#OUTCOME_UNKNOWN} and {@link ErrorCode#INTERNAL} it
 * promises that nothing happened.
 */
public final class QueueException extends RuntimeException {

    /**
     * One thing that is wrong with a request.
     *
     * @param field      its path in the request, or empty for the whole
     * @param retryAfter when the same request may succeed, if that is known
     */
    public record Fault(ErrorCode code, String field, String detail, Optional<Duration> retryAfter) {

        public Fault(ErrorCode code, String field, String detail) {
            this(code, field, detail, Optional.empty());
        }
    }

    private final transient List<Fault> faults;

    public QueueException(ErrorCode code, String detail) {
        this(List.of(new Fault(code, "", detail)), null);
    }

    public QueueException(ErrorCode code, String field, String detail) {
        this(List.of(new Fault(code, field, detail)), null);
    }

    public QueueException(ErrorCode code, String detail, Throwable cause) {
        this(List.of(new Fault(code, "", detail)), cause);
    }

    /** Several faults at once; the first one gives the code. */
    public QueueException(List<Fault> faults) {
        this(faults, null);
    }

    private QueueException(List<Fault> faults, Throwable cause) {
        super(faults.getFirst().detail(), cause, false, false);
        this.faults = List.copyOf(faults);
    }

    public ErrorCode code() {
        return faults.getFirst().code();
    }

    /** Whether the database is the reason. The store logs its error once, so callers need not log it again. */
    public boolean databaseFault() {
        return code() == ErrorCode.STORE_UNAVAILABLE || code() == ErrorCode.STORE_FULL
                || code() == ErrorCode.OUTCOME_UNKNOWN;
    }

    /** {@link #databaseFault} of any failure. */
    public static boolean isDatabaseFault(Throwable failure) {
        return failure instanceof QueueException refusal && refusal.databaseFault();
    }

    public String detail() {
        return faults.getFirst().detail();
    }

    /** Never empty; the first one is {@link #code()} and {@link #detail()}. */
    public List<Fault> faults() {
        return faults;
    }
}
