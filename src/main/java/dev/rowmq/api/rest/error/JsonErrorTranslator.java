package dev.rowmq.api.rest.error;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import com.fasterxml.jackson.annotation.JsonProperty;

import io.swagger.v3.oas.annotations.media.Schema;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Translates failures of JSON parsing into error texts for the author of the request. */
public final class JsonErrorTranslator {

    /** Maximum characters of a parser's own message that are used. */
    private static final int MAX_MESSAGE = 400;

    private static final Pattern CLASS_NAME = Pattern.compile("`?\\b[a-z]++(?:\\.[a-zA-Z$]++){2,}+`?");

    private JsonErrorTranslator() {}

    /** The refusal for an exception thrown by Jackson, or by one of our deserializers within it. */
    public static QueueException refusal(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof QueueException refusal) {
                return refusal;
            }
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof JacksonException json) {
                return of(json);
            }
        }
        return new QueueException(ErrorCode.INVALID_REQUEST, "the request has no body; send a JSON object");
    }

    private static QueueException of(JacksonException json) {
        String field = path(json.getPath());
        return switch (json) {
            case UnrecognizedPropertyException unknown ->
                new QueueException(
                        ErrorCode.UNKNOWN_FIELD,
                        field,
                        "there is no field '%s' here; known are %s"
                                .formatted(
                                        SafeText.of(unknown.getPropertyName(), 100),
                                        unknown.getKnownPropertyIds().stream()
                                                .map(String::valueOf)
                                                .sorted()
                                                .collect(Collectors.joining(", "))));
            case StreamConstraintsException limit ->
                new QueueException(
                        ErrorCode.JSON_LIMIT,
                        field,
                        "the JSON is too deep, too long or has too many parts: " + brief(limit));
            case InputCoercionException tooLarge -> wrongValue(json, field);
            case MismatchedInputException mismatch -> wrongValue(json, field);
            default -> new QueueException(ErrorCode.MALFORMED_JSON, field, "this is not valid JSON: " + brief(json));
        };
    }

    private static QueueException wrongValue(JacksonException json, String field) {
        if (json.getPath().isEmpty()) {
            return new QueueException(
                    ErrorCode.MALFORMED_JSON, "send one JSON object and nothing else: " + brief(json));
        }
        Optional<String> allowed = allowed(json.getPath().getLast());
        ErrorCode code = field.startsWith("metadata")
                ? ErrorCode.INVALID_ATTRIBUTE
                : allowed.isPresent() ? ErrorCode.OUT_OF_RANGE : ErrorCode.INVALID_REQUEST;
        return new QueueException(
                code,
                field,
                "%s has a value of the wrong kind%s"
                        .formatted(field, allowed.map(text -> "; it is: " + text).orElse(": " + brief(json))));
    }

    /** The description of a field in the OpenAPI document, which names the allowed values. */
    private static Optional<String> allowed(JacksonException.Reference reference) {
        if (!(reference.from() instanceof Class<?> type) || !type.isRecord() || reference.getPropertyName() == null) {
            return Optional.empty();
        }
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getAccessor)
                .filter(accessor -> name(accessor).equals(reference.getPropertyName()))
                .map(accessor -> accessor.getAnnotation(Schema.class))
                .filter(schema -> schema != null && !schema.description().isEmpty())
                .map(Schema::description)
                .findFirst();
    }

    private static String name(Method accessor) {
        JsonProperty renamed = accessor.getAnnotation(JsonProperty.class);
        return renamed == null ? accessor.getName() : renamed.value();
    }

    private static String path(List<JacksonException.Reference> path) {
        StringBuilder text = new StringBuilder();
        for (JacksonException.Reference reference : path) {
            if (reference.getPropertyName() == null) {
                text.append('[').append(reference.getIndex()).append(']');
            } else {
                text.append(text.isEmpty() ? "" : ".").append(SafeText.of(reference.getPropertyName(), 100));
            }
        }
        return text.toString();
    }

    /**
     * The first line of the parser's message, without the names of Java classes. The message is truncated first, which
     * bounds the cost of the following steps for any input.
     */
    private static String brief(JacksonException json) {
        String message = json.getOriginalMessage() == null ? "unreadable" : json.getOriginalMessage();
        String first = message.substring(0, Math.min(message.length(), MAX_MESSAGE)).lines().findFirst().orElse("");
        return SafeText.of(CLASS_NAME.matcher(first).replaceAll("value"), 200);
    }
}
