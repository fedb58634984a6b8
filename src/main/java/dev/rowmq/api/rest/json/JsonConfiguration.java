package dev.rowmq.api.rest.json;

import dev.rowmq.model.error.DurationFormat;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;

import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.type.LogicalType;

/** Strict reading of JSON, which reports a mistake and never guesses; durations are a number and a unit. */
@Configuration(proxyBeanMethods = false)
class JsonConfiguration {

    @Bean
    JsonMapperBuilderCustomizer strictJson() {
        return json -> json.enable(
                        DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                        DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
                        DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .withCoercionConfig(LogicalType.Textual, text -> {
                    for (CoercionInputShape number :
                            List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)) {
                        text.setCoercion(number, CoercionAction.Fail);
                    }
                })
                .addModule(new SimpleModule()
                        .addDeserializer(Instant.class, new TimeReader())
                        .addDeserializer(Duration.class, new DurationReader())
                        .addSerializer(Instant.class, new TimeWriter())
                        .addSerializer(Duration.class, new DurationWriter()));
    }

    private static final class DurationReader extends ValueDeserializer<Duration> {

        @Override
        public Duration deserialize(JsonParser json, DeserializationContext context) {
            String text = json.getString();
            Optional<Duration> duration =
                    json.currentToken() == JsonToken.VALUE_STRING ? DurationJson.read(text) : Optional.empty();
            return duration.isPresent()
                    ? duration.get()
                    : (Duration) context.handleWeirdStringValue(Duration.class, text, "not " + DurationJson.EXPECTED);
        }
    }

    /** Reads a time in RFC 3339, with any offset. */
    private static final class TimeReader extends ValueDeserializer<Instant> {

        @Override
        public Instant deserialize(JsonParser json, DeserializationContext context) {
            String text = json.getString();
            if (json.currentToken() == JsonToken.VALUE_STRING) {
                try {
                    return OffsetDateTime.parse(text).toInstant();
                } catch (DateTimeException noTime) {
                    // reported below
                }
            }
            return (Instant)
                    context.handleWeirdStringValue(Instant.class, text, "not a time such as 2026-12-01T08:00:00Z");
        }
    }

    private static final class TimeWriter extends ValueSerializer<Instant> {

        @Override
        public void serialize(Instant value, JsonGenerator json, SerializationContext context) {
            json.writeString(value.toString());
        }
    }

    private static final class DurationWriter extends ValueSerializer<Duration> {

        @Override
        public void serialize(Duration value, JsonGenerator json, SerializationContext context) {
            json.writeString(DurationFormat.text(value));
        }
    }
}
