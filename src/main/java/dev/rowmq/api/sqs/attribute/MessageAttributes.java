package dev.rowmq.api.sqs.attribute;

import dev.rowmq.api.sqs.attribute.SqsProperties.SqsLimits;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.api.sqs.protocol.SqsInput;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.MessageValidator;
import dev.rowmq.model.message.ReservedMetadata;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

import org.springframework.stereotype.Component;

import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Message attributes of Amazon SQS as metadata: each is an entry with its value as a text, and one reserved entry holds
 * the types that are not String. Attributes named {@code rowmq.*} set the id, the priority and the lifetime, for which
 * SQS has no parameter.
 */
@Component
public class MessageAttributes {

    private static final List<String> OPTIONS =
            List.of(ReservedMetadata.ID, ReservedMetadata.PRIORITY, ReservedMetadata.TTL);
    private static final int MAX_ATTRIBUTES = 10;
    private static final int MAX_NAMES = 100;
    private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

    private final JsonMapper json;

    MessageAttributes(JsonMapper json) {
        this.json = json;
    }

    /**
     * The names of attributes that a call asks for.
     *
     * @throws SqsException InvalidParameterValue for more than 100
     */
    public static List<String> names(SqsInput input, String parameter) {
        List<String> names = input.texts(parameter);
        if (names.size() > MAX_NAMES) {
            throw SqsException.invalid(
                    parameter, names.size() + " names", "Must have up to %d of them.".formatted(MAX_NAMES));
        }
        return names;
    }

    /**
     * Reads attributes.
     *
     * @param limits decides whether the attributes of a trace are counted
     * @throws SqsException InvalidParameterValue for a name, type, value or number that SQS does not accept
     */
    public static SortedMap<String, MessageAttribute> read(SqsInput input, String parameter, SqsLimits limits) {
        SortedMap<String, MessageAttribute> attributes = new TreeMap<>();
        input.objectMap(parameter).forEach((name, value) -> {
            checkName(name);
            attributes.put(name, MessageAttribute.read(name, value));
        });
        Set<String> counted = new HashSet<>(attributes.keySet());
        OPTIONS.forEach(counted::remove);
        long number = limits == SqsLimits.RELAXED ? MessageValidator.untraced(counted) : counted.size();
        if (number > MAX_ATTRIBUTES) {
            throw new SqsException(
                    SqsError.INVALID_PARAMETER_VALUE,
                    "Number of message attributes [%d] exceeds the allowed maximum [%d]."
                            .formatted(number, MAX_ATTRIBUTES));
        }
        return attributes;
    }

    private static void checkName(String name) {
        if (!MessageValidator.isMetadataName(name)
                || MessageValidator.isReservedName(name) && !OPTIONS.contains(name)) {
            throw new SqsException(
                    SqsError.INVALID_PARAMETER_VALUE,
                    ("'%s' is no name for a message attribute; allowed are 1 to %d of A-Z a-z 0-9 _ - and single dots"
                                    + " between, not beginning with AWS. or Amazon., and of the names rowmq.* only %s.")
                            .formatted(SafeText.of(name, 100), MessageValidator.MAX_NAME, OPTIONS));
        }
    }

    /** Bytes that count toward the size of a message. */
    public static int size(SortedMap<String, MessageAttribute> attributes) {
        return attributes.entrySet().stream()
                .mapToInt(entry -> entry.getKey().length() + entry.getValue().size())
                .sum();
    }

    /** The metadata to store, without reserved entries. */
    public static Map<String, String> metadata(SortedMap<String, MessageAttribute> attributes) {
        Map<String, String> metadata = new LinkedHashMap<>();
        attributes.forEach((name, attribute) -> {
            if (!OPTIONS.contains(name)) {
                metadata.put(name, attribute.value());
            }
        });
        return metadata;
    }

    /** The reserved entries to store: the types, and the options as they were sent. */
    public Map<String, String> reserved(SortedMap<String, MessageAttribute> attributes) {
        Map<String, String> reserved = new LinkedHashMap<>();
        Map<String, String> types = new TreeMap<>();
        attributes.forEach((name, attribute) -> {
            if (OPTIONS.contains(name)) {
                reserved.put(name, attribute.value());
            }
            if (!attribute.dataType().equals(MessageAttribute.STRING)) {
                types.put(name, attribute.dataType());
            }
        });
        if (!types.isEmpty()) {
            reserved.put(ReservedMetadata.ATTRIBUTE_TYPES, json.writeValueAsString(types));
        }
        return reserved;
    }

    /**
     * The attributes of a stored message.
     *
     * @param wanted names; {@code All} and {@code .*} mean all, {@code prefix.*} those that begin with {@code prefix}
     */
    public SortedMap<String, MessageAttribute> of(Map<String, String> stored, List<String> wanted) {
        SortedMap<String, MessageAttribute> attributes = new TreeMap<>();
        if (stored.isEmpty() || wanted.isEmpty()) {
            return attributes;
        }
        Map<String, String> types = types(stored.get(ReservedMetadata.ATTRIBUTE_TYPES));
        stored.forEach((name, value) -> {
            boolean visible = !ReservedMetadata.isReserved(name) || OPTIONS.contains(name);
            if (visible && wanted.stream().anyMatch(pattern -> matches(pattern, name))) {
                attributes.put(name, MessageAttribute.stored(types.get(name), value));
            }
        });
        return attributes;
    }

    /** An import may have stored anything under this name. */
    private Map<String, String> types(String text) {
        try {
            Map<String, String> types = text == null ? null : json.readValue(text, TEXTS);
            return types == null ? Map.of() : types;
        } catch (JacksonException unreadable) {
            return Map.of();
        }
    }

    private static boolean matches(String pattern, String name) {
        return pattern.equals("All")
                || pattern.equals(name)
                || pattern.endsWith(".*") && name.startsWith(pattern.substring(0, pattern.length() - 2));
    }
}
