package dev.rowmq.api.sqs.protocol;

import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.MessageValidator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

import tools.jackson.databind.JsonNode;

/**
 * Reads the parameters of a call. A parameter that is null counts as missing. Numbers may be texts, as the Query
 * protocol has texts only.
 */
public record SqsInput(JsonNode node) {

    private static final String BODY = "MessageBody";

    /** @throws SqsException SerializationException when the parameter is no text */
    public Optional<String> text(String name) {
        JsonNode value = node.get(name);
        if (isMissing(value)) {
            return Optional.empty();
        }
        if (!value.isString()) {
            throw wrongType(name, "a string");
        }
        return Optional.of(checked(name, value.stringValue()));
    }

    /** @throws SqsException when the text has a character that XML cannot carry, as half a character */
    private static String checked(String name, String text) {
        if (!MessageValidator.isText(text)) {
            throw new SqsException(
                    name.equals(BODY) ? SqsError.INVALID_MESSAGE_CONTENTS : SqsError.INVALID_PARAMETER_VALUE,
                    "The parameter %s has a character that no text may have.".formatted(name));
        }
        return text;
    }

    /** @throws SqsException MissingParameter also when the text is empty */
    public String requiredText(String name) {
        return text(name).filter(value -> !value.isEmpty()).orElseThrow(() -> SqsException.missing(name));
    }

    /** @throws SqsException InvalidParameterValue when the number is outside the bounds, both inclusive */
    public OptionalInt number(String name, int low, int high) {
        JsonNode value = node.get(name);
        if (isMissing(value)) {
            return OptionalInt.empty();
        }
        if (!value.isNumber() && !value.isString()) {
            throw wrongType(name, "an integer");
        }
        String text = value.asString();
        if (!text.matches("[+-]?[0-9]{1,10}") || Long.parseLong(text) < low || Long.parseLong(text) > high) {
            throw SqsException.invalid(
                    name, SafeText.of(text, 40), "Must be between %d and %d, if provided.".formatted(low, high));
        }
        return OptionalInt.of(Integer.parseInt(text));
    }

    public List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (JsonNode item : items(name)) {
            if (!item.isString()) {
                throw wrongType(name, "a list of strings");
            }
            texts.add(checked(name, item.stringValue()));
        }
        return texts;
    }

    /** The objects of a list. */
    public List<SqsInput> objects(String name) {
        List<SqsInput> objects = new ArrayList<>();
        for (JsonNode item : items(name)) {
            if (!item.isObject()) {
                throw wrongType(name, "a list of structures");
            }
            objects.add(new SqsInput(item));
        }
        return objects;
    }

    private Iterable<JsonNode> items(String name) {
        JsonNode value = node.get(name);
        if (isMissing(value)) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrongType(name, "a list");
        }
        return value.values();
    }

    /** The texts of a map, in their order. */
    public Map<String, String> textMap(String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        objectMap(name, false).forEach((key, value) -> {
            if (!value.node().isString()) {
                throw wrongType(name, "a map of strings");
            }
            texts.put(key, checked(name, value.node().stringValue()));
        });
        return texts;
    }

    /** The objects of a map, in their order. */
    public Map<String, SqsInput> objectMap(String name) {
        return objectMap(name, true);
    }

    private Map<String, SqsInput> objectMap(String name, boolean objects) {
        JsonNode value = node.get(name);
        if (isMissing(value)) {
            return Map.of();
        }
        if (!value.isObject()) {
            throw wrongType(name, "a map");
        }
        Map<String, SqsInput> map = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
            if (objects && !entry.getValue().isObject()) {
                throw wrongType(name, "a map of structures");
            }
            map.put(checked(name, entry.getKey()), new SqsInput(entry.getValue()));
        }
        return map;
    }

    private static boolean isMissing(JsonNode value) {
        return value == null || value.isNull();
    }

    private static SqsException wrongType(String name, String wanted) {
        return new SqsException(SqsError.SERIALIZATION, "The parameter %s must be %s.".formatted(name, wanted));
    }
}
