package dev.rowmq.api.rest;

import dev.rowmq.message.Durations;

import java.time.Duration;

import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.module.SimpleModule;

/** JSON read strictly, so that a slip is told and not guessed at; durations as people write them. */
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
                .addModule(new SimpleModule()
                        .addDeserializer(Duration.class, new DurationReader())
                        .addSerializer(Duration.class, new DurationWriter()));
    }

    private static final class DurationReader extends ValueDeserializer<Duration> {

        @Override
        public Duration deserialize(JsonParser json, DeserializationContext context) {
            String text = json.getString();
            if (json.currentToken().isScalarValue() && text.matches("\\+?-?[0-9]+[a-z]+|[+-]?[Pp].*")) {
                try {
                    Duration duration = DurationStyle.detectAndParse(text);
                    duration.toMillis();
                    return duration;
                } catch (IllegalArgumentException | ArithmeticException noDuration) {
                    // told below
                }
            }
            return (Duration) context.handleWeirdStringValue(Duration.class, text, "not a duration such as 500ms, 30s, 5m, 14d or PT30S");
        }
    }

    private static final class DurationWriter extends ValueSerializer<Duration> {

        @Override
        public void serialize(Duration value, JsonGenerator json, SerializationContext context) {
            json.writeString(Durations.text(value));
        }
    }
}
