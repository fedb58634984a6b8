package dev.rowmq.api.sqs.protocol;

import jakarta.servlet.http.HttpServletRequest;

import java.util.Optional;

import tools.jackson.databind.node.ObjectNode;

/**
 * A call of Amazon SQS's API.
 *
 * @param input     the parameters, with the names of the JSON protocol
 * @param pathQueue name of the queue in the path of the request; empty when the path has none
 */
public record SqsCall(SqsAction action, ObjectNode input, Optional<String> pathQueue, HttpServletRequest request) {

    public SqsInput parameters() {
        return new SqsInput(input);
    }
}
