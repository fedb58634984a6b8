package dev.rowmq.api.http.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.model.message.Body;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyMaskTest {

    private static Body body(Body.Kind kind, String text) {
        return new Body(kind, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String masked(String path, Body body) {
        Body masked = new BodyMask(List.of(path)).masked(body);
        return new String(masked.bytes(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        $.a         | {"a":1,"b":{"a":2}}                 | {"a":"***","b":{"a":2}}
        $..a        | {"a":1,"b":[{"a":{"c":2}},3]}       | {"a":"***","b":[{"a":"***"},3]}
        $.b.a       | {"a":1,"b":{"a":[1,2],"c":3}}       | {"a":1,"b":{"a":"***","c":3}}
        $.b.*       | {"b":{"x":1,"y":{"z":2}}}           | {"b":{"x":"***","y":"***"}}
        $.b[*].a    | {"b":[{"a":1},{"c":2},5]}           | {"b":[{"a":"***"},{"c":2},5]}
        $[*]        | [1,{"a":2}]                         | ["***","***"]
        $..x.y      | {"x":{"x":{"y":1}},"y":2}           | {"x":{"x":{"y":"***"}},"y":2}
        $..a[*]     | {"b":{"a":[1,[2]]}}                 | {"b":{"a":["***","***"]}}
        $.none      | {"n":12345678901234567890,"v":1.50,"e":1e400,"z":-0.0} | \
        {"n":12345678901234567890,"v":1.50,"e":1e400,"z":-0.0}
        """)
    void values_at_a_path_are_replaced_and_others_kept(String path, String json, String expected) {
        assertThat(masked(path, body(Body.Kind.JSON, json))).isEqualTo(expected);
        assertThat(masked(path, body(Body.Kind.TEXT, json))).as("as a text").isEqualTo(expected);
    }

    @Test
    void what_is_no_json_is_hidden_as_a_whole() {
        for (Body body : List.of(
                body(Body.Kind.TEXT, "my email is a@b.c"),
                body(Body.Kind.TEXT, "{\"a\":1"),
                body(Body.Kind.TEXT, "{\"b\":1} a@b.c"),
                body(Body.Kind.TEXT, "12345"),
                body(Body.Kind.JSON, "12345"),
                body(Body.Kind.TEXT, ""),
                body(Body.Kind.BYTES, "{\"b\":1}"))) {
            assertThat(masked("$.a", body)).isEqualTo("***");
        }
        assertThat(masked("$.a", body(Body.Kind.JSON, "[".repeat(500) + "]".repeat(500)))).hasSize(1000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "$", "a", "$a", "$.", "$..", "$.a.", "$.a[0]", "$['a']", "$.a b", "$.a[*", "$...a"})
    void other_paths_are_refused(String path) {
        assertThatThrownBy(() -> new BodyMask(List.of(path)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is not a path");
    }
}
