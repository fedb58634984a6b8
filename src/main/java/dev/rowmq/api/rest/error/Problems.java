package dev.rowmq.api.rest.error;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.OutOfMemory;
import dev.rowmq.model.error.Printable;
import dev.rowmq.model.error.Refusal;

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

/** Every failure becomes a {@link Problem}; what we did not foresee becomes a plain 500 and a log line. */
@RestControllerAdvice
@Order(0)
class Problems {

    private static final Logger log = LoggerFactory.getLogger(Problems.class);

    @ExceptionHandler
    ResponseEntity<Problem> refusal(Refusal refusal) {
        return Problem.answer(refusal);
    }

    @ExceptionHandler
    ResponseEntity<Problem> unreadable(HttpMessageNotReadableException unreadable) {
        return Problem.answer(JsonFaults.refusal(unreadable));
    }

    @ExceptionHandler
    ResponseEntity<Problem> parameter(MethodArgumentTypeMismatchException mismatch) {
        return Problem.answer(new Refusal(
                ErrorCode.OUT_OF_RANGE,
                mismatch.getName(),
                "%s is '%s', which is not %s"
                        .formatted(
                                mismatch.getName(),
                                Printable.of(String.valueOf(mismatch.getValue()), 100),
                                wanted(mismatch.getRequiredType()))));
    }

    private static String wanted(Class<?> type) {
        return type != null && type.isEnum() ? "one of " + Arrays.toString(type.getEnumConstants()) : "a whole number";
    }

    @ExceptionHandler
    ResponseEntity<Problem> parameter(ServletRequestBindingException missing) {
        return Problem.answer(new Refusal(ErrorCode.INVALID_REQUEST, Printable.of(missing.getMessage(), 300)));
    }

    @ExceptionHandler
    ResponseEntity<Problem> mediaType(HttpMediaTypeNotSupportedException other) {
        return Problem.answer(new Refusal(
                ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                "Content-Type",
                "Content-Type is '%s'; send application/json".formatted(
                        Printable.of(String.valueOf(other.getContentType()), 100))));
    }

    @ExceptionHandler
    ResponseEntity<Problem> notAcceptable(HttpMediaTypeNotAcceptableException other) {
        return Problem.answer(
                new Refusal(ErrorCode.NOT_ACCEPTABLE, "Accept", "this answers application/json, a stream text/event-stream; accept that or leave Accept out"));
    }

    @ExceptionHandler
    ResponseEntity<Problem> method(HttpRequestMethodNotSupportedException other) {
        Set<?> allowed = other.getSupportedHttpMethods() == null ? Set.of() : other.getSupportedHttpMethods();
        ResponseEntity<Problem> problem = Problem.answer(new Refusal(
                ErrorCode.METHOD_NOT_ALLOWED, "%s is not for this path; allowed are %s".formatted(other.getMethod(), allowed)));
        return ResponseEntity.status(problem.getStatusCode())
                .headers(problem.getHeaders())
                .allow(other.getSupportedHttpMethods() == null
                        ? new org.springframework.http.HttpMethod[0]
                        : other.getSupportedHttpMethods().toArray(org.springframework.http.HttpMethod[]::new))
                .body(problem.getBody());
    }

    @ExceptionHandler
    ResponseEntity<Problem> noSuchPath(NoResourceFoundException other) {
        return Problem.answer(new Refusal(
                ErrorCode.NOT_FOUND, "there is nothing at this path; /swagger-ui shows what there is"));
    }

    @ExceptionHandler
    ResponseEntity<Problem> unauthenticated(AuthenticationException anyReason) {
        return Problem.answer(new Refusal(
                ErrorCode.UNAUTHENTICATED, "a valid key is needed: send the header Authorization: Bearer <key>"));
    }

    @ExceptionHandler
    ResponseEntity<Problem> forbidden(AccessDeniedException other) {
        return Problem.answer(new Refusal(
                ErrorCode.FORBIDDEN, "the key's role does not allow this; see rowmq.security.api-keys for the roles"));
    }

    /** Of the Actuator and of Spring, whose status is theirs to say. */
    @ExceptionHandler
    ResponseEntity<Problem> status(ResponseStatusException other) {
        boolean missing = other.getStatusCode().value() == 404;
        return Problem.answer(
                other.getStatusCode().is4xxClientError()
                        ? new Refusal(
                                missing ? ErrorCode.NOT_FOUND : ErrorCode.INVALID_REQUEST,
                                missing ? "there is nothing at this path"
                                        : "a parameter of this request cannot be read")
                        : new Refusal(ErrorCode.INTERNAL, "the service failed at this request; its log tells more"));
    }

    @ExceptionHandler
    ResponseEntity<Problem> trick(RequestRejectedException other) {
        return Problem.answer(new Refusal(ErrorCode.INVALID_REQUEST,
                "the path or a header has something that no request may have"));
    }

    @ExceptionHandler
    ResponseEntity<Problem> parameters(InvalidParameterException other) {
        return Problem.answer(new Refusal(ErrorCode.INVALID_REQUEST, "the parameters of this request cannot be read"));
    }

    /** The client went away: there is nobody to answer. */
    @ExceptionHandler({AsyncRequestNotUsableException.class, IOException.class})
    void clientGone(IOException gone) {
        log.debug("a client went away: {}", gone.getMessage());
    }

    @ExceptionHandler
    ResponseEntity<Problem> defect(Exception defect, HttpServletRequest request) {
        OutOfMemory.check(defect);
        if (request.getRequestURI().startsWith("/actuator/")
                && (defect instanceof IllegalStateException || defect instanceof IllegalArgumentException)) {
            // how the Actuator answers a path below one of its endpoints that is none
            return Problem.answer(new Refusal(ErrorCode.NOT_FOUND, "there is nothing at this path"));
        }
        log.error(
                "{} {} failed; this is a defect, please report it",
                request.getMethod(),
                Printable.of(request.getRequestURI(), 200),
                defect);
        return Problem.answer(new Refusal(ErrorCode.INTERNAL, "the service failed at this request; its log tells more"));
    }
}
