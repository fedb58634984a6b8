package dev.rowmq.api.rest.json;

import dev.rowmq.api.http.mask.BodyMask;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.Body;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;

/** The {@code body} of a message in JSON: a string becomes text, any other value is kept as JSON. */
@JsonDeserialize(using = BodyJson.BodyReader.class)
@JsonSerialize(using = BodyJson.BodyWriter.class)
public record BodyJson(Body body) {

    /** The body as JSON, as the caller may see it; null for bytes, which have no JSON form. */
    public static BodyJson of(Body stored) {
        Body body = BodyMask.seen(stored);
        return body.kind() == Body.Kind.BYTES ? null : new BodyJson(body);
    }

    /**
     * The body in base64 (RFC 4648, section 4); null unless its kind is bytes, and for a caller for whom bodies are
     * masked.
     */
    public static String base64(Body body) {
        return body.kind() == Body.Kind.BYTES && !BodyMask.applies()
                ? Base64.getEncoder().encodeToString(body.bytes())
                : null;
    }

    static final class BodyReader extends ValueDeserializer<BodyJson> {

        @Override
        public BodyJson deserialize(JsonParser json, DeserializationContext context) {
            if (json.currentToken() == JsonToken.VALUE_STRING) {
                String text = json.getString();
                if (hasHalfAPair(text)) {
                    throw JsonSource.halfPair();
                }
                return new BodyJson(new Body(Body.Kind.TEXT, text.getBytes(StandardCharsets.UTF_8)));
            }
            return new BodyJson(new Body(Body.Kind.JSON, JsonSource.body(json, context)));
        }

        private static boolean hasHalfAPair(String text) {
            for (int i = 0; i < text.length(); i++) {
                if (Character.isSurrogate(text.charAt(i))
                        && !(Character.isHighSurrogate(text.charAt(i))
                                && ++i < text.length()
                                && Character.isLowSurrogate(text.charAt(i)))) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public Object getAbsentValue(DeserializationContext context) {
            return null;
        }

        @Override
        public BodyJson getNullValue(DeserializationContext context) {
            throw new QueueException(
                    ErrorCode.EMPTY_BODY, "body", "the body is null; send a text or another JSON value");
        }
    }

    static final class BodyWriter extends ValueSerializer<BodyJson> {

        @Override
        public void serialize(BodyJson value, JsonGenerator json, SerializationContext context) {
            String text = new String(value.body().bytes(), StandardCharsets.UTF_8);
            if (value.body().kind() == Body.Kind.JSON) {
                json.writeRawValue(text);
            } else {
                json.writeString(text);
            }
        }
    }
}
