package dev.rowmq.api.sqs;

import dev.rowmq.api.sqs.protocol.JsonProtocol;
import dev.rowmq.api.sqs.protocol.QueryProtocol;
import dev.rowmq.api.sqs.protocol.SqsAction;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.api.sqs.protocol.WireProtocol;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

import org.springframework.stereotype.Component;

import tools.jackson.databind.node.ObjectNode;

/** Writes responses in the protocol of the request. */
@Component
class SqsResponses {

    private static final String JSON = "application/x-amz-json";

    private final JsonProtocol json;
    private final QueryProtocol query;

    SqsResponses(JsonProtocol json, QueryProtocol query) {
        this.json = json;
        this.query = query;
    }

    WireProtocol protocol(HttpServletRequest request) {
        String type = request.getContentType();
        return type != null && type.startsWith(JSON) || request.getHeader("X-Amz-Target") != null ? json : query;
    }

    void write(WireProtocol protocol, SqsAction action, ObjectNode output, HttpServletResponse response)
            throws IOException {
        String id = requestId();
        write(protocol, 200, protocol.write(action, output, id), id, response);
    }

    void write(WireProtocol protocol, SqsException refusal, HttpServletResponse response) throws IOException {
        String id = requestId();
        SqsError error = refusal.error();
        response.setHeader(
                "x-amzn-query-error", error.legacyCode() + (error.isSenderFault() ? ";Sender" : ";Receiver"));
        write(protocol, protocol.status(error), protocol.write(refusal, id), id, response);
    }

    /** It need not be secret, so that a secure random number, which costs more, is not needed. */
    private static String requestId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }

    private static void write(
            WireProtocol protocol, int status, byte[] body, String id, HttpServletResponse response)
            throws IOException {
        response.setStatus(status);
        response.setContentType(protocol.contentType());
        response.setHeader("x-amzn-RequestId", id);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
