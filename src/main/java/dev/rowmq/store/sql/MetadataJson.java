package dev.rowmq.store.sql;

import java.util.Map;

import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Metadata as the text of a JSON object; the text is null when there is no metadata. */
public final class MetadataJson {

    private static final TypeReference<Map<String, String>> ENTRIES = new TypeReference<>() {};

    private final JsonMapper json;

    public MetadataJson(JsonMapper json) {
        this.json = json;
    }

    public String write(Map<String, String> metadata) {
        return metadata.isEmpty() ? null : json.writeValueAsString(metadata);
    }

    public Map<String, String> read(String text) {
        return text == null ? Map.of() : json.readValue(text, ENTRIES);
    }
}
