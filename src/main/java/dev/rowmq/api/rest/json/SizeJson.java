package dev.rowmq.api.rest.json;

import org.springframework.util.unit.DataSize;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;

/** A number of bytes in JSON: {@code "1MB"} (1,048,576), {@code "64KB"}, or the number itself. */
@JsonDeserialize(using = SizeJson.SizeReader.class)
@JsonSerialize(using = SizeJson.SizeWriter.class)
public record SizeJson(int bytes) {

    private static final int MAX_LENGTH = 50;

    static final class SizeReader extends ValueDeserializer<SizeJson> {

        @Override
        public SizeJson deserialize(JsonParser json, DeserializationContext context) {
            if (json.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                return new SizeJson(json.getIntValue());
            }
            String text = json.getString();
            if (text.length() > MAX_LENGTH) {
                return (SizeJson) context.handleWeirdStringValue(SizeJson.class, text,
                        "not a size such as 64KB or 1MB");
            }
            try {
                return new SizeJson(Math.toIntExact(DataSize.parse(text).toBytes()));
            } catch (IllegalArgumentException | ArithmeticException noSize) {
                return (SizeJson)
                        context.handleWeirdStringValue(SizeJson.class, text, "not a size such as 64KB or 1MB");
            }
        }
    }

    static final class SizeWriter extends ValueSerializer<SizeJson> {

        @Override
        public void serialize(SizeJson size, JsonGenerator json, SerializationContext context) {
            int bytes = size.bytes();
            json.writeString(
                    bytes % (1 << 20) == 0
                            ? (bytes >> 20) + "MB"
                            : bytes % 1024 == 0 ? (bytes >> 10) + "KB" : bytes + "B");
        }
    }
}
