package dev.rowmq.api.http.mask;

import dev.rowmq.model.message.Body;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/**
 * The parts of bodies that the caller of the current request does not see. Each value at one of the paths is replaced
 * by {@code "***"}. A body that is not a JSON object or array is replaced as a whole, since a path cannot lead into it.
 * A text that holds such JSON is treated as JSON.
 */
public final class BodyMask {

    private static final ScopedValue<BodyMask> CURRENT = ScopedValue.newInstance();
    private static final JsonMapper JSON = new JsonMapper();
    private static final String MASKED = "***";

    private final Set<MaskedPath.Reached> begin;

    /**
     * @param paths as {@link MaskedPath} describes them, 1 or more
     * @throws IllegalArgumentException for one that is no such path
     */
    public BodyMask(List<String> paths) {
        begin = paths.stream().map(path -> MaskedPath.of(path).begin()).collect(Collectors.toUnmodifiableSet());
    }

    /** Runs an action for a caller with this mask. */
    public <T, X extends Throwable> T call(ScopedValue.CallableOp<T, X> action) throws X {
        return ScopedValue.where(CURRENT, this).call(action);
    }

    /** Whether the current caller does not see whole bodies. */
    public static boolean applies() {
        return CURRENT.isBound();
    }

    /** The body as the current caller sees it. */
    public static Body seen(Body body) {
        return CURRENT.isBound() ? CURRENT.get().masked(body) : body;
    }

    Body masked(Body body) {
        if (body.kind() != Body.Kind.BYTES) {
            try {
                return new Body(body.kind(), masked(body.bytes()));
            } catch (JacksonException noJson) {
                // masked as a whole
            }
        }
        return new Body(Body.Kind.TEXT, MASKED.getBytes(StandardCharsets.UTF_8));
    }

    private byte[] masked(byte[] json) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(json.length);
        try (JsonParser parser = JSON.createParser(json);
                JsonGenerator generator = JSON.createGenerator(out)) {
            JsonToken first = parser.nextToken();
            if (first != JsonToken.START_OBJECT && first != JsonToken.START_ARRAY) {
                throw new NoContainer(parser);
            }
            copy(parser, generator, begin);
            if (parser.nextToken() != null) {
                throw new NoContainer(parser);
            }
        }
        return out.toByteArray();
    }

    /** A value without parts, to which no path leads. */
    private static final class NoContainer extends JacksonException {

        NoContainer(JsonParser parser) {
            super(parser, "no object or array");
        }
    }

    private static void copy(JsonParser parser, JsonGenerator generator, Set<MaskedPath.Reached> places) {
        switch (parser.currentToken()) {
            case START_OBJECT -> {
                generator.writeStartObject();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    generator.writeName(name);
                    parser.nextToken();
                    part(parser, generator, MaskedPath.advance(places, name));
                }
                generator.writeEndObject();
            }
            case START_ARRAY -> {
                generator.writeStartArray();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    part(parser, generator, MaskedPath.advance(places, null));
                }
                generator.writeEndArray();
            }
            // a number keeps its digits
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> generator.writeNumber(parser.getString());
            default -> generator.copyCurrentEvent(parser);
        }
    }

    private static void part(JsonParser parser, JsonGenerator generator, Set<MaskedPath.Reached> places) {
        if (MaskedPath.ended(places)) {
            generator.writeString(MASKED);
            parser.skipChildren();
        } else {
            copy(parser, generator, places);
        }
    }
}
