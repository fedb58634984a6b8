package dev.rowmq.api.rest.error;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import io.swagger.v3.oas.annotations.Hidden;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Answers requests that the web server refuses before they reach our code, with a {@link ProblemResponse}. */
@RestController
@Hidden
class FallbackErrorController implements ErrorController {

    @RequestMapping("/error")
    ResponseEntity<ProblemResponse> error(HttpServletRequest request) {
        Integer status = (Integer) request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        return ProblemResponse.answer(
                switch (status == null ? Integer.valueOf(404) : status) {
                    case 404 -> new QueueException(ErrorCode.NOT_FOUND, "there is nothing at this path");
                    case 405 -> new QueueException(ErrorCode.METHOD_NOT_ALLOWED, "this method is not for this path");
                    case 413 -> new QueueException(ErrorCode.BODY_TOO_LARGE, "the request is too large");
                    case Integer other when other < 500 -> new QueueException(
                            ErrorCode.INVALID_REQUEST, "this is not a valid HTTP request");
                    default -> new QueueException(ErrorCode.INTERNAL,
                            "the service failed to handle this request; the reason is in its log");
                });
    }
}
