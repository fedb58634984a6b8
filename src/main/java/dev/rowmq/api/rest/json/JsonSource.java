package dev.rowmq.api.rest.json;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import java.io.ByteArrayOutputStream;

import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ObjectReader;

/**
 * The bytes of the JSON text that is being parsed, for deserializers that keep a value exactly as it was sent. A parser
 * would change numbers; {@code 1e5}, {@code -0.0} and {@code 12345678901234567890.12} must stay unchanged.
 */
public final class JsonSource {

    private static final Object ATTRIBUTE = JsonSource.class;

    private JsonSource() {}

    /** Returns a reader for this text, whose deserializers can call {@link #value}. */
    public static ObjectReader attach(ObjectReader reader, byte[] text) {
        return reader.withAttribute(ATTRIBUTE, text);
    }

    /**
     * Reads the parser's current value to its end.
     *
     * @return the value as it was sent, without insignificant white space (RFC 8259, section 2)
     */
    public static byte[] value(JsonParser json, DeserializationContext context) {
        return value(json, context, false);
    }

    /**
     * As {@link #value}, for the body of a message.
     *
     * @throws QueueException {@link ErrorCode#MALFORMED_JSON} when a string in it has half of a surrogate pair
     */
    static byte[] body(JsonParser json, DeserializationContext context) {
        return value(json, context, true);
    }

    private static byte[] value(JsonParser json, DeserializationContext context, boolean wholePairs) {
        byte[] text = (byte[]) context.getAttribute(ATTRIBUTE);
        int begin = Math.toIntExact(json.currentTokenLocation().getByteOffset());
        // finds duplicate names and syntax errors, and leaves the parser at the value's last token
        json.skipChildren();
        return new Scan(text, begin, wholePairs).value();
    }

    /** Copies one value. The parser has checked its syntax. */
    private static final class Scan {

        private final byte[] text;
        private final boolean wholePairs;
        private int at;
        private int depth;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

        Scan(byte[] text, int begin, boolean wholePairs) {
            this.text = text;
            this.wholePairs = wholePairs;
            this.at = begin;
        }

        byte[] value() {
            do {
                byte c = text[at];
                switch (c) {
                    case ' ', '\t', '\r', '\n' -> at++;
                    case '"' -> string();
                    case '{', '[' -> {
                        depth++;
                        copy();
                    }
                    case '}', ']' -> {
                        depth--;
                        copy();
                    }
                    case ',', ':' -> copy();
                    default -> scalar();
                }
            } while (depth > 0);
            return out.toByteArray();
        }

        private void copy() {
            out.write(text[at++]);
        }

        private void scalar() {
            int begin = at;
            while (at < text.length && (Character.isLetterOrDigit(text[at]) || "+-.".indexOf(text[at]) >= 0)) {
                at++;
            }
            out.write(text, begin, at - begin);
        }

        private void string() {
            int begin = at++;
            boolean high = false;
            while (text[at] != '"') {
                int unit = text[at] == '\\' ? escaped() : text[at++] == (byte) 0xed && text[at] >= (byte) 0xa0 ? 0xd800
                        : 0;
                boolean low = unit >= 0xdc00 && unit <= 0xdfff;
                if (wholePairs && high != low) {
                    throw halfPair();
                }
                high = unit >= 0xd800 && unit < 0xdc00;
            }
            if (wholePairs && high) {
                throw halfPair();
            }
            at++;
            out.write(text, begin, at - begin);
        }

        /** Skips an escape. Returns the UTF-16 code unit of a {@code \\uXXXX}, 0 for any other escape. */
        private int escaped() {
            if (text[at + 1] != 'u') {
                at += 2;
                return 0;
            }
            int unit = 0;
            for (int i = at + 2; i < at + 6; i++) {
                unit = unit * 16 + Character.digit(text[i], 16);
            }
            at += 6;
            return unit;
        }
    }

    /** A surrogate without its other half is not a character (RFC 7493, section 2.1), and many parsers refuse it. */
    static QueueException halfPair() {
        return new QueueException(
                ErrorCode.MALFORMED_JSON, "body", "the body has half of a surrogate pair, which is no character");
    }
}
