package dev.rowmq.api.rest.error;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.OutOfMemory;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import jakarta.servlet.http.HttpServletRequest;

import java.io.IOException;
import java.util.Arrays;
import java.util.Set;

import org.apache.tomcat.util.http.InvalidParameterException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.ServletRequestBindingException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** Turns every failure into a {@link ProblemResponse}; an unforeseen failure becomes a plain 500 and a log line. */
@RestControllerAdvice
@Order(0)
class ApiExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(ApiExceptionHandler.class);

    @ExceptionHandler
    ResponseEntity<ProblemResponse> refusal(QueueException refusal) {
        return ProblemResponse.answer(refusal);
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> unreadable(HttpMessageNotReadableException unreadable) {
        return ProblemResponse.answer(JsonErrorTranslator.refusal(unreadable));
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> parameter(MethodArgumentTypeMismatchException mismatch) {
        return ProblemResponse.answer(new QueueException(
                ErrorCode.OUT_OF_RANGE,
                mismatch.getName(),
                "%s is '%s', which is not %s"
                        .formatted(
                                mismatch.getName(),
                                SafeText.of(String.valueOf(mismatch.getValue()), 100),
                                wanted(mismatch.getRequiredType()))));
    }

    private static String wanted(Class<?> type) {
        return type != null && type.isEnum() ? "one of " + Arrays.toString(type.getEnumConstants()) : "a whole number";
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> parameter(ServletRequestBindingException missing) {
        return ProblemResponse.answer(
                new QueueException(ErrorCode.INVALID_REQUEST, SafeText.of(missing.getMessage(), 300)));
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> mediaType(HttpMediaTypeNotSupportedException other) {
        return ProblemResponse.answer(new QueueException(
                ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                "Content-Type",
                "Content-Type is '%s'; send application/json".formatted(
                        SafeText.of(String.valueOf(other.getContentType()), 100))));
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> notAcceptable(HttpMediaTypeNotAcceptableException other) {
        return ProblemResponse.answer(new QueueException(
                ErrorCode.NOT_ACCEPTABLE,
                "Accept",
                "this answers application/json, a stream text/event-stream; accept that or leave Accept out"));
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> method(HttpRequestMethodNotSupportedException other) {
        Set<?> allowed = other.getSupportedHttpMethods() == null ? Set.of() : other.getSupportedHttpMethods();
        ResponseEntity<ProblemResponse> problem = ProblemResponse.answer(new QueueException(
                ErrorCode.METHOD_NOT_ALLOWED,
                "%s is not for this path; allowed are %s".formatted(other.getMethod(), allowed)));
        return ResponseEntity.status(problem.getStatusCode())
                .headers(problem.getHeaders())
                .allow(other.getSupportedHttpMethods() == null
                        ? new org.springframework.http.HttpMethod[0]
                        : other.getSupportedHttpMethods().toArray(org.springframework.http.HttpMethod[]::new))
                .body(problem.getBody());
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> noSuchPath(NoResourceFoundException other) {
        return ProblemResponse.answer(new QueueException(
                ErrorCode.NOT_FOUND, "no route has this path; all routes are listed at /swagger-ui"));
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> unauthenticated(AuthenticationException anyReason) {
        return ProblemResponse.answer(new QueueException(
                ErrorCode.UNAUTHENTICATED, "a valid key is needed: send the header Authorization: Bearer <key>"));
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> forbidden(AccessDeniedException other) {
        return ProblemResponse.answer(new QueueException(
                ErrorCode.FORBIDDEN,
                "the key's role does not allow this, or the key is limited to some queues; see"
                        + " rowmq.security.api-keys"));
    }

    /** Thrown by the Actuator and by Spring: 404 stays 404, any other 4xx becomes 400, and the rest becomes 500. */
    @ExceptionHandler
    ResponseEntity<ProblemResponse> status(ResponseStatusException other) {
        boolean missing = other.getStatusCode().value() == 404;
        return ProblemResponse.answer(
                other.getStatusCode().is4xxClientError()
                        ? new QueueException(
                                missing ? ErrorCode.NOT_FOUND : ErrorCode.INVALID_REQUEST,
                                missing
                                        ? "there is nothing at this path"
                                        : "a parameter of this request cannot be read")
                        : new QueueException(
                                ErrorCode.INTERNAL,
                                "the service failed to handle this request; the reason is in its log"));
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> trick(RequestRejectedException other) {
        return ProblemResponse.answer(new QueueException(ErrorCode.INVALID_REQUEST,
                "the path or a header has something that no request may have"));
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> parameters(InvalidParameterException other) {
        return ProblemResponse.answer(
                new QueueException(ErrorCode.INVALID_REQUEST, "the parameters of this request cannot be read"));
    }

    /** The client has closed the connection, so no response is possible. */
    @ExceptionHandler({AsyncRequestNotUsableException.class, IOException.class})
    void clientGone(IOException gone) {
        log.debug("a client went away: {}", gone.getMessage());
    }

    @ExceptionHandler
    ResponseEntity<ProblemResponse> defect(Exception defect, HttpServletRequest request) {
        OutOfMemory.check(defect);
        if (request.getRequestURI().startsWith("/actuator/")
                && (defect instanceof IllegalStateException || defect instanceof IllegalArgumentException)) {
            // the Actuator throws these for a path below one of its endpoints that does not exist
            return ProblemResponse.answer(new QueueException(ErrorCode.NOT_FOUND, "there is nothing at this path"));
        }
        log.error(
                "{} {} failed; this is a defect, please report it",
                request.getMethod(),
                SafeText.of(request.getRequestURI(), 200),
                defect);
        return ProblemResponse.answer(new QueueException(
                ErrorCode.INTERNAL, "the service failed to handle this request; the reason is in its log"));
    }
}
