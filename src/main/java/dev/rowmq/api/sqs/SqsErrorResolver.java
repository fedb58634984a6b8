package dev.rowmq.api.sqs;

import dev.rowmq.api.http.SqsRequests;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.model.error.OutOfMemory;
import dev.rowmq.model.error.QueueException;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Turns every failure of a request of Amazon SQS's API into an error of that API, before the REST API's handler. */
@Component
class SqsErrorResolver implements HandlerExceptionResolver, WebMvcConfigurer {

    private static final Logger log = LoggerFactory.getLogger(SqsErrorResolver.class);

    private final SqsRequests requests;
    private final SqsResponses responses;

    SqsErrorResolver(SqsRequests requests, SqsResponses responses) {
        this.requests = requests;
        this.responses = responses;
    }

    @Override
    public void extendHandlerExceptionResolvers(List<HandlerExceptionResolver> resolvers) {
        resolvers.addFirst(this);
    }

    @Override
    public ModelAndView resolveException(
            HttpServletRequest request, HttpServletResponse response, Object handler, Exception failure) {
        if (!requests.matches(request)) {
            return null;
        }
        try {
            responses.write(responses.protocol(request), refusal(request, failure), response);
        } catch (IOException clientGone) {
            log.debug("a client went away: {}", clientGone.getMessage());
        }
        return new ModelAndView();
    }

    private static SqsException refusal(HttpServletRequest request, Exception failure) {
        return switch (failure) {
            case SqsException refusal -> refusal;
            case QueueException refusal -> SqsException.of(refusal);
            case AuthenticationException none -> request.getAttribute(SqsRequests.REFUSAL)
                    instanceof SqsRequests.SignatureRefusal why ? refused(why) : new SqsException(
                            SqsError.MISSING_AUTHENTICATION_TOKEN, "The request must be signed with a configured key.");
            case AccessDeniedException denied -> new SqsException(
                    SqsError.ACCESS_DENIED, "The role of the key does not allow this.");
            case RequestRejectedException trick -> new SqsException(
                    SqsError.INVALID_PARAMETER_VALUE, "The path or a header has a character that no request may have.");
            case IOException broken -> new SqsException(
                    SqsError.SERIALIZATION, "The body of the request ended early or is malformed.");
            default -> {
                OutOfMemory.check(failure);
                log.error("a request of the SQS API failed; this is a defect, please report it", failure);
                yield new SqsException(
                        SqsError.INTERNAL_ERROR,
                        "The service failed to handle this request; the reason is in its log.");
            }
        };
    }

    private static SqsException refused(SqsRequests.SignatureRefusal why) {
        return new SqsException(
                why.unknownKey() ? SqsError.INVALID_CLIENT_TOKEN_ID : SqsError.SIGNATURE_DOES_NOT_MATCH,
                "The signature is refused: %s.".formatted(why.detail()));
    }
}
