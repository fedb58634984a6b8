package dev.rowmq.api.http;

import dev.rowmq.model.audit.AuditEntry;
import dev.rowmq.model.audit.AuditEntry.Channel;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.queue.audit.AuditTrail;

import io.swagger.v3.oas.annotations.Operation;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Records every change in the audit, with its outcome: all requests that change something, except those that send,
 * receive and settle messages. Requests without a valid key are counted elsewhere, except attempts to sign in.
 */
@Component
@Order(RequestLimitFilter.BEFORE_SECURITY)
public final class AuditFilter extends OncePerRequestFilter {

    /** Name of the request attribute in which the SQS API puts its action, if that changes something. */
    public static final String SQS_ACTION = AuditFilter.class.getName() + ".action";

    /** Name of the request attribute in which the SQS API puts the queue of {@link #SQS_ACTION}. */
    public static final String SQS_QUEUE = AuditFilter.class.getName() + ".queue";

    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");
    private static final Pattern MESSAGES =
            Pattern.compile("/v1/(queues|topics)/[^/]*/(messages|messages/batch|receive|ack|nack|extend)");
    private static final Pattern RESOURCE = Pattern.compile("/v1/(?:queues|topics)/([^/]{1,240})(?:/.*)?");
    private static final String SESSION = "/console/session";
    private static final int MAX_PATH = 300;
    private static final int MAX_NAME = 80;
    private static final int UNAUTHORIZED = 401;

    private final AuditTrail trail;

    AuditFilter(AuditTrail trail) {
        this.trail = trail;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        boolean failed = true;
        try {
            chain.doFilter(request, response);
            failed = false;
        } finally {
            if (changes(request)) {
                int status = failed ? HttpServletResponse.SC_INTERNAL_SERVER_ERROR : response.getStatus();
                if (status != UNAUTHORIZED || request.getRequestURI().endsWith(SESSION)) {
                    trail.record(entry(request, status));
                }
            }
        }
    }

    private static boolean changes(HttpServletRequest request) {
        if (request.getAttribute(SQS_ACTION) != null) {
            return true;
        }
        String path = request.getRequestURI();
        return !READING.contains(request.getMethod())
                && (path.startsWith("/v1/") || path.endsWith(SESSION))
                && !(request.getMethod().equals("POST") && MESSAGES.matcher(path).matches());
    }

    private static AuditEntry entry(HttpServletRequest request, int status) {
        boolean sqs = request.getAttribute(SQS_ACTION) != null;
        String query = request.getQueryString() == null ? "" : "?" + request.getQueryString();
        return new AuditEntry(
                Instant.now(),
                SendContext.of(request.getAttribute(SendContext.ATTRIBUTE)).name(),
                SafeText.of(request.getRemoteAddr(), MAX_NAME),
                sqs ? Channel.SQS : request.getHeader(ConsoleSignIn.HEADER) != null ? Channel.CONSOLE : Channel.API,
                SafeText.of(action(request), MAX_NAME),
                sqs
                        ? Optional.ofNullable((String) request.getAttribute(SQS_QUEUE))
                                .map(queue -> SafeText.of(queue, MAX_NAME - 1))
                        : resource(request.getRequestURI()),
                SafeText.of(request.getRequestURI() + query, MAX_PATH - 1),
                status);
    }

    /** The name of the operation; of a request that was refused before that was known, its method. */
    private static String action(HttpServletRequest request) {
        if (request.getAttribute(SQS_ACTION) instanceof String action) {
            return action;
        }
        if (request.getRequestURI().endsWith(SESSION)) {
            return request.getMethod().equals("DELETE") ? "signOut" : "signIn";
        }
        Operation operation =
                request.getAttribute(HandlerMapping.BEST_MATCHING_HANDLER_ATTRIBUTE) instanceof HandlerMethod handler
                        ? handler.getMethodAnnotation(Operation.class)
                        : null;
        return operation == null ? request.getMethod() : operation.operationId();
    }

    private static Optional<String> resource(String path) {
        Matcher matcher = RESOURCE.matcher(path);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    SafeText.of(URLDecoder.decode(matcher.group(1), StandardCharsets.UTF_8), MAX_NAME - 1));
        } catch (IllegalArgumentException unreadable) {
            return Optional.empty();
        }
    }
}
