package dev.rowmq.api.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** The settings of API keys that are refused, with the text that names the key and the allowed range. */
class ApiKeyPropertiesTest {

    private static final String SECRET = "send-secret-0123456789x";

    private static ApiKeyProperties bound(String... settings) {
        Map<String, String> all = new LinkedHashMap<>(Map.of(
                "rowmq.security.api-keys[0].name", "a",
                "rowmq.security.api-keys[0].secret", SECRET,
                "rowmq.security.api-keys[0].role", "read",
                "rowmq.security.api-keys[1].name", "b",
                "rowmq.security.api-keys[1].secret", "read-secret-0123456789x",
                "rowmq.security.api-keys[1].role", "read"));
        for (String setting : settings) {
            all.put("rowmq.security.api-keys" + setting.substring(0, setting.indexOf('=')),
                    setting.substring(setting.indexOf('=') + 1));
        }
        return new Binder(new MapConfigurationPropertySource(all))
                .bind("rowmq.security", ApiKeyProperties.class)
                .get();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        [0].secret=short                              | shorter than 20 characters
        [0].role=king                                 | king
        [0].send-rate.messages-per-second=0           | 1 to 1000000
        [0].send-rate.messages-per-second=1000001     | 1 to 1000000
        [1].name=a                                    | two keys have the name 'a'
        [1].secret=gr\u00fc\u00dfe-0123456789-0123456789 | beyond ASCII
        [1].secret=with a blank 0123456789            | has a blank
        [1].secret=sha256:12                          | 64 hexadecimal digits
        [1].secrets=send-secret-0123456789x           | have the same secret
        [1].secrets=short                             | shorter than 20 characters
        [1].queues=a b                                | limited to queues 'a b'
        [1].masked-paths=email                        | masked-paths of 'b': 'email' is not a path
        """)
    void is_refused(String setting, String reason) {
        assertThatThrownBy(() -> bound(setting)).hasStackTraceContaining(reason);
    }

    @Test
    void a_mask_is_for_a_key_that_only_reads() {
        assertThatThrownBy(() -> bound("[1].masked-paths=$.email", "[1].role=read,receive"))
                .hasStackTraceContaining("for keys with the role read alone");
        assertThat(bound("[1].masked-paths=$.email,$..iban").apiKeys().getLast().maskedPaths())
                .containsExactly("$.email", "$..iban");
    }

    @Test
    void the_hash_of_another_key_s_secret_is_the_same_secret() {
        String hash = HexFormat.of().formatHex(ApiKeyProperties.sha256(SECRET));
        assertThatThrownBy(() -> bound("[1].secret=sha256:" + hash)).hasStackTraceContaining("have the same secret");
    }

    @Test
    void a_name_may_have_100_characters() {
        assertThat(bound("[0].name=" + "n".repeat(100)).apiKeys()).hasSize(2);
        assertThatThrownBy(() -> bound("[0].name=" + "n".repeat(101))).hasStackTraceContaining("1 to 100");
    }

    @Test
    void several_secrets_and_queues_are_read() {
        ApiKeyProperties.ApiKey key = bound("[0].secrets=one-secret-0123456789ab,two-secret-0123456789ab",
                "[0].queues=orders-*,shared").apiKeys().getFirst();
        assertThat(key.secrets()).containsExactly(SECRET, "one-secret-0123456789ab", "two-secret-0123456789ab");
        assertThat(key.queues()).containsExactly("orders-*", "shared");
    }
}
