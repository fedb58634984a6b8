package dev.rowmq.api.sqs;

import dev.rowmq.api.http.AuditFilter;
import dev.rowmq.api.sqs.action.ReceiveActions;
import dev.rowmq.api.sqs.protocol.SqsAction;
import dev.rowmq.api.sqs.protocol.SqsCall;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.api.sqs.protocol.WireProtocol;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;
import org.springframework.web.HttpRequestHandler;

/** The endpoint for clients of Amazon SQS. */
@Component
class SqsController implements HttpRequestHandler {

    private final SqsActions actions;
    private final SqsResponses responses;

    SqsController(SqsActions actions, SqsResponses responses) {
        this.actions = actions;
        this.responses = responses;
    }

    @Override
    public void handleRequest(HttpServletRequest request, HttpServletResponse response) throws IOException {
        WireProtocol protocol = responses.protocol(request);
        WireProtocol.Parsed parsed = protocol.read(request, request.getInputStream().readAllBytes());
        audit(request, parsed);
        checkRole(parsed.action());
        ReceiveActions.Received result =
                actions.run(new SqsCall(parsed.action(), parsed.input(), queueInPath(request), request));
        boolean delivered = false;
        try {
            if (result.wanted()) {
                responses.write(protocol, parsed.action(), result.output(), response);
                response.getOutputStream().flush();
                delivered = true;
            }
        } finally {
            if (!delivered) {
                result.undelivered().run();
            }
        }
    }

    private static void audit(HttpServletRequest request, WireProtocol.Parsed parsed) {
        if (parsed.action().isChange()) {
            request.setAttribute(AuditFilter.ACTION, parsed.action().wireName());
            String queue = Stream.of("QueueName", "QueueUrl", "SourceArn")
                    .map(field -> parsed.input().path(field).asString(""))
                    .filter(name -> !name.isEmpty())
                    .findFirst()
                    .map(name -> name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf(':')) + 1))
                    .or(() -> queueInPath(request))
                    .orElse("");
            request.setAttribute(AuditFilter.SQS_QUEUE, queue);
        }
    }

    /** Without configured keys no caller has an identity, and each may call every action. */
    private static void checkRole(SqsAction action) {
        Authentication caller = SecurityContextHolder.getContext().getAuthentication();
        if (caller != null
                && caller.getAuthorities().stream().noneMatch(role -> action.isAllowedFor(role.getAuthority()))) {
            throw new SqsException(
                    SqsError.ACCESS_DENIED,
                    "The role of the key '%s' does not allow %s; see rowmq.security.api-keys for the roles."
                            .formatted(caller.getName(), action.wireName()));
        }
    }

    private static Optional<String> queueInPath(HttpServletRequest request) {
        String[] segments = request.getRequestURI().split("/");
        return segments.length < 3 ? Optional.empty() : Optional.of(segments[2]);
    }
}
