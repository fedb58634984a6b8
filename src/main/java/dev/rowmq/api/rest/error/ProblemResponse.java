package dev.rowmq.api.rest.error;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;

/** A refusal as {@code application/problem+json} (RFC 9457), and the status of each error code. */
@Schema(name = "Problem", description = "RFC 9457 problem details")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ProblemResponse(
        @Schema(example = "/errors/QUEUE_NOT_FOUND", description = "path of a description of the code")
        String type,
        @Schema(example = "Not Found") String title,
        @Schema(example = "404") int status,
        ErrorCode code,
        @Schema(description = "names the value, the allowed range and the next step") String detail,
        @Schema(description = "path of the invalid field, or name of the parameter or header") String field,
        @Schema(description = "all errors, when there are several") List<Fault> errors) {

    @Schema(name = "Fault")
    record Fault(ErrorCode code, String field, String detail) {}

    /** Default and minimum of the Retry-After header, in seconds. */
    private static final long RETRY_AFTER = 1;

    public static HttpStatus status(ErrorCode code) {
        return switch (code) {
            case INVALID_REQUEST,
                    MALFORMED_JSON,
                    JSON_LIMIT,
                    UNKNOWN_FIELD,
                    INVALID_QUEUE_NAME,
                    INVALID_TOPIC_NAME,
                    INVALID_SUBSCRIPTION_NAME,
                    URL_NOT_ALLOWED,
                    OUT_OF_RANGE,
                    EMPTY_BODY,
                    INVALID_CHARACTER,
                    INVALID_ATTRIBUTE,
                    INVALID_REDRIVE,
                    NOT_SUPPORTED -> HttpStatus.BAD_REQUEST;
            case UNAUTHENTICATED -> HttpStatus.UNAUTHORIZED;
            case FORBIDDEN -> HttpStatus.FORBIDDEN;
            case NOT_FOUND, QUEUE_NOT_FOUND, TOPIC_NOT_FOUND, SUBSCRIPTION_NOT_FOUND, MESSAGE_NOT_FOUND ->
                HttpStatus.NOT_FOUND;
            case METHOD_NOT_ALLOWED -> HttpStatus.METHOD_NOT_ALLOWED;
            case NOT_ACCEPTABLE -> HttpStatus.NOT_ACCEPTABLE;
            case QUEUE_CONFLICT -> HttpStatus.CONFLICT;
            case PRECONDITION_FAILED -> HttpStatus.PRECONDITION_FAILED;
            case BODY_TOO_LARGE, MESSAGE_TOO_LARGE -> HttpStatus.CONTENT_TOO_LARGE;
            case UNSUPPORTED_MEDIA_TYPE -> HttpStatus.UNSUPPORTED_MEDIA_TYPE;
            case ID_REUSED -> HttpStatus.UNPROCESSABLE_CONTENT;
            case RATE_LIMITED, QUEUE_FULL -> HttpStatus.TOO_MANY_REQUESTS;
            case OVERLOADED, STORE_UNAVAILABLE, STORE_FULL, OUTCOME_UNKNOWN -> HttpStatus.SERVICE_UNAVAILABLE;
            case INTERNAL -> HttpStatus.INTERNAL_SERVER_ERROR;
        };
    }

    /** The URI of a code's description, relative to that of the service. */
    public static String type(ErrorCode code) {
        return ErrorCodeController.PATH + "/" + code;
    }

    static ResponseEntity<ProblemResponse> answer(QueueException refusal) {
        HttpStatus status = status(refusal.code());
        QueueException.Violation first = refusal.faults().getFirst();
        ProblemResponse problem = new ProblemResponse(
                type(first.code()),
                status.getReasonPhrase(),
                status.value(),
                first.code(),
                first.detail(),
                first.field(),
                refusal.faults().size() == 1
                        ? List.of()
                        : refusal.faults().stream()
                                .map(fault -> new Fault(fault.code(), fault.field(), fault.detail()))
                                .toList());
        ResponseEntity.BodyBuilder answer =
                ResponseEntity.status(status).contentType(MediaType.APPLICATION_PROBLEM_JSON);
        if (status == HttpStatus.TOO_MANY_REQUESTS || status == HttpStatus.SERVICE_UNAVAILABLE) {
            long seconds = first.retryAfter().map(rest -> rest.plusNanos(999_999_999).toSeconds()).orElse(RETRY_AFTER);
            answer.header("Retry-After", Long.toString(Math.max(RETRY_AFTER, seconds)));
        }
        if (status == HttpStatus.UNAUTHORIZED) {
            answer.header("WWW-Authenticate", "Bearer realm=\"rowmq\"");
        }
        return answer.body(problem);
    }
}
