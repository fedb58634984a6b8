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
import java.lang.reflect.Method;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Records changes in the audit, each with its outcome: every call that changes something, except those that send,
 * receive and settle messages. A call is known by the method of the controller that it reached, however its path is
 * encoded. A call that a key's role does not allow reaches none, and is known by its path. Calls without a valid key
 * are counted elsewhere; attempts to sign in are recorded.
 */
@Component
@Order(RequestLimitFilter.BEFORE_SECURITY)
public final class AuditFilter extends OncePerRequestFilter {

    /** Name of the request attribute with an action that no annotation names: of the SQS API, or a sign-in. */
    public static final String ACTION = AuditFilter.class.getName() + ".action";

    /** Name of the request attribute with the queue of an action of the SQS API; its presence marks such a call. */
    public static final String SQS_QUEUE = AuditFilter.class.getName() + ".queue";

    /** Name of the request attribute with the key that signs in, or whose session is refused. */
    public static final String ACTOR = AuditFilter.class.getName() + ".actor";

    /** Name of the request attribute with the queue of a call whose path does not name it. */
    public static final String RESOURCE_NAME = AuditFilter.class.getName() + ".resource";

    /** Name of the request attribute with what a call asks for, where its path does not say it. */
    public static final String DETAIL = AuditFilter.class.getName() + ".detail";

    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");
    /** Calls that are not recorded: those of messages, and one that changes nothing. */
    private static final Set<String> UNRECORDED = Set.of(
            "previewTask",
            "sendMessage",
            "sendMessageBatch",
            "receiveMessages",
            "ackMessages",
            "nackMessages",
            "extendLeases",
            "publishMessage");
    private static final Pattern MESSAGE_PATH =
            Pattern.compile("/v1/(queues|topics)/[^/]*/(messages|messages/batch|receive|ack|nack|extend)");
    private static final Pattern RESOURCE = Pattern.compile("/v1/(?:queues|topics)/([^/]+)(?:/.*)?");
    /** The columns are longer by the three dots that stand for the rest. */
    private static final int MAX_PATH = 297;

    private static final int MAX_NAME = 97;

    /** Found at its first use: filters are made with the web server, before the database is known to answer. */
    private final ObjectProvider<AuditTrail> trail;

    /** The names of the changes, by the methods of controllers. */
    private final Map<Method, Optional<String>> changes = new ConcurrentHashMap<>();

    AuditFilter(ObjectProvider<AuditTrail> trail) {
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
            int status = failed ? HttpServletResponse.SC_INTERNAL_SERVER_ERROR : response.getStatus();
            action(request, status).ifPresent(action -> trail.getObject().record(entry(request, action, status)));
        }
    }

    /** The name of the change; empty for a call that changes nothing but messages. */
    private Optional<String> action(HttpServletRequest request, int status) {
        if (request.getAttribute(ACTION) instanceof String action) {
            return Optional.of(action);
        }
        if (READING.contains(request.getMethod())) {
            return Optional.empty();
        }
        if (request.getAttribute(HandlerMapping.BEST_MATCHING_HANDLER_ATTRIBUTE) instanceof HandlerMethod handler) {
            return changes.computeIfAbsent(handler.getMethod(), any -> Optional.ofNullable(
                            handler.getMethodAnnotation(Operation.class))
                    .map(Operation::operationId)
                    .filter(operation -> !UNRECORDED.contains(operation)));
        }
        String path = request.getServletPath();
        boolean refused = status == HttpServletResponse.SC_FORBIDDEN
                && actor(request).isPresent()
                && path.startsWith("/v1/")
                && !MESSAGE_PATH.matcher(path).matches();
        return refused ? Optional.of(request.getMethod()) : Optional.empty();
    }

    private static AuditEntry entry(HttpServletRequest request, String action, int status) {
        Object sqsQueue = request.getAttribute(SQS_QUEUE);
        String query = request.getQueryString() == null ? "" : "?" + request.getQueryString();
        String detail = request.getAttribute(DETAIL) instanceof String text ? " " + text : "";
        return new AuditEntry(
                Instant.now(),
                actor(request),
                SafeText.of(request.getRemoteAddr(), MAX_NAME),
                sqsQueue != null
                        ? Channel.SQS
                        : request.getHeader(ConsoleSignIn.HEADER) != null ? Channel.CONSOLE : Channel.API,
                SafeText.of(action, MAX_NAME),
                resource(
                        sqsQueue == null ? request.getAttribute(RESOURCE_NAME) : sqsQueue, request.getServletPath()),
                SafeText.of(request.getRequestURI() + query + detail, MAX_PATH),
                status);
    }

    private static Optional<String> actor(HttpServletRequest request) {
        return request.getAttribute(ACTOR) instanceof String actor
                ? Optional.of(actor)
                : SendContext.of(request.getAttribute(SendContext.ATTRIBUTE)).name();
    }

    private static Optional<String> resource(Object named, String path) {
        Matcher matcher = RESOURCE.matcher(path);
        String name = named instanceof String queue ? queue : matcher.matches() ? matcher.group(1) : "";
        return Optional.of(SafeText.of(name, MAX_NAME)).filter(text -> !text.isEmpty());
    }
}
