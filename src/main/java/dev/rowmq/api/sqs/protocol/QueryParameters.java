package dev.rowmq.api.sqs.protocol;

import dev.rowmq.model.error.SafeText;

import java.util.Map;
import java.util.TreeMap;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turns the flat parameters of the Query protocol into the tree of the JSON protocol: {@code AttributeName.1} becomes
 * the first item of {@code AttributeNames}, {@code Attribute.1.Name} and {@code Attribute.1.Value} an entry of
 * {@code Attributes}.
 */
final class QueryParameters {

    private static final Map<String, String> LISTS = Map.of(
            "AttributeName", "AttributeNames",
            "MessageAttributeName", "MessageAttributeNames",
            "MessageSystemAttributeName", "MessageSystemAttributeNames",
            "TagKey", "TagKeys",
            "AWSAccountId", "AWSAccountIds",
            "ActionName", "Actions");

    private static final Map<String, String> MAPS = Map.of(
            "Attribute", "Attributes",
            "MessageAttribute", "MessageAttributes",
            "MessageSystemAttribute", "MessageSystemAttributes",
            "Tag", "Tags",
            "Tags", "Tags");

    private static final Map<String, String> BATCHES = Map.of(
            "SendMessageBatchRequestEntry", "Entries",
            "DeleteMessageBatchRequestEntry", "Entries",
            "ChangeMessageVisibilityBatchRequestEntry", "Entries");

    private final JsonMapper json;

    QueryParameters(JsonMapper json) {
        this.json = json;
    }

    ObjectNode tree(Map<String, String> form) {
        ObjectNode tree = json.createObjectNode();
        // items of a list in the order of their numbers, not of their texts
        Map<String, TreeMap<Integer, Map<String, String>>> numbered = new TreeMap<>();
        form.forEach((name, value) -> {
            String[] parts = name.split("\\.", 3);
            if (parts.length > 1 && isFlattened(parts[0])) {
                numbered.computeIfAbsent(parts[0], any -> new TreeMap<>())
                        .computeIfAbsent(number(name, parts[1]), any -> new TreeMap<>())
                        .put(parts.length > 2 ? parts[2] : "", value);
            } else {
                tree.put(name, value);
            }
        });
        numbered.forEach((name, items) -> add(tree, name, items));
        return tree;
    }

    private static boolean isFlattened(String name) {
        return LISTS.containsKey(name) || MAPS.containsKey(name) || BATCHES.containsKey(name);
    }

    private static int number(String name, String text) {
        if (!text.matches("[0-9]{1,6}")) {
            throw new SqsException(
                    SqsError.INVALID_PARAMETER_VALUE,
                    "The parameter '%s' has no number after its first dot.".formatted(SafeText.of(name, 100)));
        }
        return Integer.parseInt(text);
    }

    private void add(ObjectNode tree, String name, TreeMap<Integer, Map<String, String>> items) {
        if (LISTS.containsKey(name)) {
            ArrayNode list = tree.withArray(LISTS.get(name));
            items.values().forEach(item -> list.add(item.getOrDefault("", "")));
        } else if (BATCHES.containsKey(name)) {
            ArrayNode list = tree.withArray(BATCHES.get(name));
            items.values().forEach(item -> list.add(tree(item)));
        } else {
            ObjectNode map = tree.withObject("/" + MAPS.get(name));
            items.values().forEach(item -> addEntry(map, item));
        }
    }

    private void addEntry(ObjectNode map, Map<String, String> item) {
        String key = item.getOrDefault("Name", item.get("Key"));
        if (key == null) {
            throw SqsException.missing("Name");
        }
        if (item.containsKey("Value")) {
            map.put(key, item.get("Value"));
            return;
        }
        ObjectNode value = map.putObject(key);
        item.forEach((name, text) -> {
            if (name.startsWith("Value.")) {
                value.put(name.substring("Value.".length()), text);
            }
        });
    }
}
