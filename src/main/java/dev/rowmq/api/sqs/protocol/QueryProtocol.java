package dev.rowmq.api.sqs.protocol;

import dev.rowmq.model.error.SafeText;

import jakarta.servlet.http.HttpServletRequest;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
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

    /** A batch of 1,000 messages, the largest of the relaxed limits, has 3,000 and those of its attributes. */
    private static final int MAX_PARAMETERS = 20_000;

    private final QueryParameters parameters;

    QueryProtocol(JsonMapper json) {
        this.parameters = new QueryParameters(json);
    }

    @Override
    public Parsed read(HttpServletRequest request, byte[] body) {
        Map<String, String> form = new LinkedHashMap<>();
        decode(request.getQueryString(), form);
        decode(new String(body, StandardCharsets.ISO_8859_1), form);
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
        if (text.chars().filter(c -> c == '&').limit(MAX_PARAMETERS).count() == MAX_PARAMETERS) {
            throw new SqsException(
                    SqsError.SERIALIZATION, "The request has more than %d parameters.".formatted(MAX_PARAMETERS));
        }
        for (String pair : text.split("&")) {
            int equals = pair.indexOf('=');
            form.put(decoded(equals < 0 ? pair : pair.substring(0, equals)),
                    equals < 0 ? "" : decoded(pair.substring(equals + 1)));
        }
    }

    /** @throws SqsException SerializationException when the text is not percent-encoded UTF-8 */
    private static String decoded(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char one = text.charAt(i);
            if (one == '%') {
                int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
                int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw notUtf8();
                }
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                bytes.write(one == '+' ? ' ' : one);
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
        } catch (CharacterCodingException other) {
            throw notUtf8();
        }
    }

    private static SqsException notUtf8() {
        return new SqsException(SqsError.SERIALIZATION, "The request is not a form in percent-encoded UTF-8.");
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
