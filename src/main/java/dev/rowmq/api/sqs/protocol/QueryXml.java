package dev.rowmq.api.sqs.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the tree of the JSON protocol as the XML of the Query protocol. Lists and maps are flattened: their items
 * stand beside each other under a name of their own.
 */
final class QueryXml {

    private static final String NAME_SPACE = "http://queue.amazonaws.com/doc/2012-11-05/";

    /** Names of the items of lists, by the list's name; {@code %s} is the action. */
    private static final Map<String, String> ITEMS = Map.of(
            "QueueUrls", "QueueUrl",
            "queueUrls", "QueueUrl",
            "Messages", "Message",
            "Successful", "%sResultEntry",
            "Failed", "BatchResultErrorEntry",
            "Results", "ListMessageMoveTasksResultEntry");

    /** Name of an entry of a map, and the names of its key and value. */
    private record Entry(String name, String key, String value) {}

    private static final Map<String, Entry> ENTRIES = Map.of(
            "Attributes", new Entry("Attribute", "Name", "Value"),
            "MessageAttributes", new Entry("MessageAttribute", "Name", "Value"),
            "Tags", new Entry("Tag", "Key", "Value"));

    private final StringBuilder xml = new StringBuilder("<?xml version=\"1.0\"?>\n");
    private final String action;

    private QueryXml(String action) {
        this.action = action;
    }

    static byte[] response(SqsAction action, ObjectNode output, String requestId) {
        QueryXml writer = new QueryXml(action.wireName());
        writer.xml.append('<').append(action.wireName()).append("Response xmlns=\"").append(NAME_SPACE).append("\">");
        // also when it is empty: botocore fails without this element
        writer.element(action.wireName() + "Result", output);
        writer.open("ResponseMetadata");
        writer.element("RequestId", requestId);
        writer.close("ResponseMetadata");
        writer.close(action.wireName() + "Response");
        return writer.bytes();
    }

    static byte[] error(SqsException refusal, String requestId) {
        QueryXml writer = new QueryXml("");
        writer.xml.append("<ErrorResponse xmlns=\"").append(NAME_SPACE).append("\">");
        writer.open("Error");
        writer.element("Type", refusal.error().isSenderFault() ? "Sender" : "Receiver");
        writer.element("Code", refusal.error().legacyCode());
        writer.element("Message", refusal.getMessage());
        writer.xml.append("<Detail/>");
        writer.close("Error");
        writer.element("RequestId", requestId);
        writer.close("ErrorResponse");
        return writer.bytes();
    }

    private void element(String name, JsonNode value) {
        open(name);
        if (value.isObject()) {
            for (Map.Entry<String, JsonNode> member : value.properties()) {
                member(member.getKey(), member.getValue());
            }
        } else {
            escape(value.asString());
        }
        close(name);
    }

    private void member(String name, JsonNode value) {
        if (value.isArray()) {
            for (JsonNode item : value.values()) {
                element(ITEMS.getOrDefault(name, name).formatted(action), item);
            }
        } else if (value.isObject() && ENTRIES.containsKey(name)) {
            Entry entry = ENTRIES.get(name);
            for (Map.Entry<String, JsonNode> member : value.properties()) {
                open(entry.name());
                element(entry.key(), member.getKey());
                element(entry.value(), member.getValue());
                close(entry.name());
            }
        } else {
            element(name, value);
        }
    }

    private void element(String name, String text) {
        open(name);
        escape(text);
        close(name);
    }

    private void open(String name) {
        xml.append('<').append(name).append('>');
    }

    private void close(String name) {
        xml.append("</").append(name).append('>');
    }

    /** A carriage return is escaped, as parsers of XML turn a plain one into a line feed. */
    private void escape(String text) {
        for (int i = 0; i < text.length(); i++) {
            char one = text.charAt(i);
            switch (one) {
                case '&' -> xml.append("&amp;");
                case '<' -> xml.append("&lt;");
                case '>' -> xml.append("&gt;");
                case '"' -> xml.append("&quot;");
                case '\r' -> xml.append("&#13;");
                default -> xml.append(isXml(text, i) ? one : '\ufffd');
            }
        }
    }

    /** A body sent by the other API may have a character that XML 1.0, section 2.2, does not allow. */
    private static boolean isXml(String text, int i) {
        char one = text.charAt(i);
        if (Character.isHighSurrogate(one)) {
            return i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
        }
        if (Character.isLowSurrogate(one)) {
            return i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
        }
        return one >= ' ' && one < '\ufffe' || one == '\t' || one == '\n';
    }

    private byte[] bytes() {
        return xml.toString().getBytes(StandardCharsets.UTF_8);
    }
}
