package dev.rowmq.api.sqs.protocol;

import dev.rowmq.model.error.SafeText;

import jakarta.servlet.http.HttpServletRequest;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The Query protocol of clients made before 2023: a form, or the query of a URL, and XML in return.
 */
@Component
public class QueryProtocol implements WireProtocol {

    /** Parameters of one request; a batch of ten messages with ten attributes each has about 450. */
    private static final int MAX_PARAMETERS = 2_000;

    private final QueryParameters parameters;

    QueryProtocol(JsonMapper json) {
        this.parameters = new QueryParameters(json);
    }

    @Override
    public Parsed read(HttpServletRequest request, byte[] body) {
        Map<String, String> form = new LinkedHashMap<>();
        decode(request.getQueryString(), form);
        decode(new String(body, StandardCharsets.UTF_8), form);
        String name = form.get("Action");
        if (name == null || name.isEmpty()) {
            throw new SqsException(SqsError.MISSING_ACTION, "The request must contain the parameter Action.");
        }
        SqsAction action = SqsAction.named(name)
                .orElseThrow(() -> new SqsException(
                        SqsError.INVALID_ACTION,
                        "The action '%s' is not valid for this endpoint.".formatted(SafeText.of(name, 100))));
        ObjectNode input = parameters.tree(form);
        return new Parsed(action, input);
    }

    private static void decode(String text, Map<String, String> form) {
        if (text == null || text.isEmpty()) {
            return;
        }
        String[] pairs = text.split("&");
        if (pairs.length > MAX_PARAMETERS) {
            throw new SqsException(
                    SqsError.SERIALIZATION,
                    "The request has %d parameters; allowed are %d.".formatted(pairs.length, MAX_PARAMETERS));
        }
        for (String pair : pairs) {
            int equals = pair.indexOf('=');
            try {
                String name = URLDecoder.decode(equals < 0 ? pair : pair.substring(0, equals), StandardCharsets.UTF_8);
                String value = equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8);
                form.put(name, value);
            } catch (IllegalArgumentException notEncoded) {
                throw new SqsException(SqsError.SERIALIZATION, "The request is not a form in UTF-8.");
            }
        }
    }

    @Override
    public String contentType() {
        return "text/xml";
    }

    @Override
    public byte[] write(SqsAction action, ObjectNode output, String requestId) {
        return QueryXml.response(action, output, requestId);
    }

    @Override
    public int status(SqsError error) {
        return error.queryStatus();
    }

    @Override
    public byte[] write(SqsException refusal, String requestId) {
        return QueryXml.error(refusal, requestId);
    }
}
