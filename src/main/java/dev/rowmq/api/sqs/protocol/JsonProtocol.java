package dev.rowmq.api.sqs.protocol;

import dev.rowmq.model.error.SafeText;

import jakarta.servlet.http.HttpServletRequest;

import org.springframework.stereotype.Component;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** AWS JSON 1.0: the action is in the header {@code X-Amz-Target}, the parameters are a JSON object. */
@Component
public class JsonProtocol implements WireProtocol {

    private static final String TARGET = "AmazonSQS.";
    private static final String NAME_SPACE = "com.amazonaws.sqs#";

    private final JsonMapper json;

    JsonProtocol(JsonMapper json) {
        this.json = json;
    }

    @Override
    public Parsed read(HttpServletRequest request, byte[] body) {
        String target = request.getHeader("X-Amz-Target");
        if (target == null || target.isBlank()) {
            throw new SqsException(SqsError.MISSING_ACTION, "The request must contain the header X-Amz-Target.");
        }
        SqsAction action = (target.startsWith(TARGET)
                        ? SqsAction.named(target.substring(TARGET.length()))
                        : java.util.Optional.<SqsAction>empty())
                .orElseThrow(() -> new SqsException(
                        SqsError.INVALID_ACTION,
                        "The action '%s' is not valid for this endpoint.".formatted(SafeText.of(target, 100))));
        return new Parsed(action, parameters(body));
    }

    private ObjectNode parameters(byte[] body) {
        try {
            JsonNode node = body.length == 0 ? json.createObjectNode() : json.readTree(body);
            if (node instanceof ObjectNode parameters) {
                return parameters;
            }
        } catch (JacksonException unreadable) {
            throw new SqsException(
                    SqsError.SERIALIZATION,
                    "The body is not valid JSON: " + SafeText.of(unreadable.getOriginalMessage(), 200));
        }
        throw new SqsException(SqsError.SERIALIZATION, "The body must be a JSON object.");
    }

    @Override
    public String contentType() {
        return "application/x-amz-json-1.0";
    }

    @Override
    public byte[] write(SqsAction action, ObjectNode output, String requestId) {
        return json.writeValueAsBytes(output);
    }

    @Override
    public int status(SqsError error) {
        return error.jsonStatus();
    }

    @Override
    public byte[] write(SqsException refusal, String requestId) {
        return json.writeValueAsBytes(json.createObjectNode()
                .put("__type", NAME_SPACE + refusal.error().shape())
                .put("message", refusal.getMessage()));
    }
}
