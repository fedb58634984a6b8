package dev.rowmq.api.rest.json;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;

/** Reads a whole number of any size. A number beyond int becomes the largest int, which means the lowest level. */
public final class PriorityReader extends ValueDeserializer<Integer> {

    @Override
    public Integer deserialize(JsonParser json, DeserializationContext context) {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            return (Integer) context.handleUnexpectedToken(Integer.class, json);
        }
        return json.getNumberType() == JsonParser.NumberType.INT ? json.getIntValue() : Integer.MAX_VALUE;
    }
}
