package dev.rowmq.store.jpa.catalog;

import dev.rowmq.store.sql.MetadataJson;

import jakarta.persistence.AttributeConverter;
import jakarta.persistence.Converter;

import java.util.Map;

import tools.jackson.databind.json.JsonMapper;

/** A map of texts as the text of a JSON object; an empty map is null. */
@Converter
class TextMapConverter implements AttributeConverter<Map<String, String>, String> {

    private static final MetadataJson JSON = new MetadataJson(new JsonMapper());

    @Override
    public String convertToDatabaseColumn(Map<String, String> map) {
        return JSON.write(map);
    }

    @Override
    public Map<String, String> convertToEntityAttribute(String text) {
        return JSON.read(text);
    }
}
