package dev.rowmq.api.sqs.protocol;

import java.util.Map;
import java.util.Set;
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
            "TagKey", "TagKeys");

    private static final Map<String, String> MAPS = Map.of(
            "Attribute", "Attributes",
            "MessageAttribute", "MessageAttributes",
            "MessageSystemAttribute", "MessageSystemAttributes",
            "Tag", "Tags",
            "Tags", "Tags");

    private static final Set<String> BATCHES = Set.of(
            "SendMessageBatchRequestEntry",
            "DeleteMessageBatchRequestEntry",
            "ChangeMessageVisibilityBatchRequestEntry");
    private static final String ENTRIES = "Entries";

    private final JsonMapper json;

    QueryParameters(JsonMapper json) {
        this.json = json;
    }

    /** @throws SqsException for names that contradict each other, and for entries within entries */
    ObjectNode tree(Map<String, String> form) {
        return tree(form, true);
    }

    private ObjectNode tree(Map<String, String> form, boolean outermost) {
        ObjectNode tree = json.createObjectNode();
        // items of a list in the order of their numbers, not of their texts
        Map<String, TreeMap<Integer, Map<String, String>>> numbered = new TreeMap<>();
        form.forEach((name, value) -> {
            int dot = name.indexOf('.');
            String first = dot < 0 ? name : name.substring(0, dot);
            if (isFlattened(first, outermost)) {
                // without a number it is the only item
                String[] rest = dot < 0 ? new String[] {"1"} : name.substring(dot + 1).split("\\.", 2);
                boolean hasNumber = dot < 0 || rest[0].matches("[0-9]{1,6}");
                numbered.computeIfAbsent(first, any -> new TreeMap<>())
                        .computeIfAbsent(hasNumber ? Integer.parseInt(rest[0]) : 1, any -> new TreeMap<>())
                        .put(!hasNumber ? name.substring(dot + 1) : rest.length > 1 ? rest[1] : "", value);
            } else {
                tree.put(name, value);
            }
        });
        numbered.forEach((name, items) -> add(tree, name, items));
        return tree;
    }

    private static boolean isFlattened(String name, boolean outermost) {
        return LISTS.containsKey(name) || MAPS.containsKey(name) || outermost && BATCHES.contains(name);
    }

    private void add(ObjectNode tree, String name, TreeMap<Integer, Map<String, String>> items) {
        boolean isMap = MAPS.containsKey(name);
        String target = isMap ? MAPS.get(name) : LISTS.getOrDefault(name, ENTRIES);
        if (tree.has(target) && (isMap ? !tree.get(target).isObject() : !tree.get(target).isArray())) {
            throw new SqsException(
                    SqsError.INVALID_PARAMETER_VALUE,
                    "The parameters %s and %s.1 contradict each other.".formatted(target, name));
        }
        if (isMap) {
            ObjectNode map = tree.has(target) ? (ObjectNode) tree.get(target) : tree.putObject(target);
            items.values().forEach(item -> addEntry(map, item));
            return;
        }
        ArrayNode list = tree.has(target) ? (ArrayNode) tree.get(target) : tree.putArray(target);
        if (LISTS.containsKey(name)) {
            items.values().forEach(item -> list.add(item.getOrDefault("", "")));
        } else {
            items.values().forEach(item -> list.add(tree(item, false)));
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
