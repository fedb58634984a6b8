package dev.rowmq.api.sqs.protocol;

import jakarta.servlet.http.HttpServletRequest;

import tools.jackson.databind.node.ObjectNode;

/** One of the two forms of a call on the wire. */
public interface WireProtocol {

    /**
     * Reads the action and the parameters of a request.
     *
     * @param body the whole body
     * @throws SqsException MissingAction, InvalidAction, SerializationException
     */
    Parsed read(HttpServletRequest request, byte[] body);

    /** An action with its parameters, see {@link SqsCall}. */
    record Parsed(SqsAction action, ObjectNode input) {}

    /** The media type of every response. */
    String contentType();

    /** The body of a response with status 200. */
    byte[] write(SqsAction action, ObjectNode output, String requestId);

    /** The HTTP status of an error. */
    int status(SqsError error);

    /** The body of the response to a refused call. */
    byte[] write(SqsException refusal, String requestId);
}
