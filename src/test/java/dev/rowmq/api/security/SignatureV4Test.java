package dev.rowmq.api.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.api.security.SignatureV4.Scope;
import dev.rowmq.api.security.SignatureV4.SignedRequest;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;

/** Requests of the AWS Signature Version 4 test suite. */
class SignatureV4Test {

    private static final String TIME = "20150830T123600Z";
    private static final Scope SCOPE = new Scope("20150830", "us-east-1", "service");

    private static String sign(String method, String query, Map<String, String> more, String payload) {
        TreeMap<String, String> headers = new TreeMap<>(more);
        headers.put("host", "example.amazonaws.com");
        headers.put("x-amz-date", TIME);
        return SignatureV4.sign(
                "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                SCOPE,
                TIME,
                new SignedRequest(method, "/", query, headers, payload.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void get_vanilla() {
        assertThat(sign("GET", "", Map.of(), ""))
                .isEqualTo("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    }

    @Test
    void post_vanilla() {
        assertThat(sign("POST", "", Map.of(), ""))
                .isEqualTo("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    }

    @Test
    void get_vanilla_query_order_key_case() {
        assertThat(sign("GET", "Param2=value2&Param1=value1", Map.of(), ""))
                .isEqualTo("b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    }

    @Test
    void a_value_is_signed_to_its_end_whatever_its_form_on_the_wire() {
        assertThat(sign("GET", "a=b=c", Map.of(), ""))
                .isEqualTo(sign("GET", "a=b%3Dc", Map.of(), ""))
                .isNotEqualTo(sign("GET", "a=b", Map.of(), ""))
                .isNotEqualTo(sign("GET", "a=b=d", Map.of(), ""));
        assertThat(sign("GET", "a==", Map.of(), "")).isNotEqualTo(sign("GET", "a=", Map.of(), ""));
        assertThat(sign("GET", "a", Map.of(), "")).isEqualTo(sign("GET", "a=", Map.of(), ""));
        assertThat(sign("GET", "n.10=x&n.1=y", Map.of(), "")).isEqualTo(sign("GET", "n.1=y&n.10=x", Map.of(), ""));
    }

    @Test
    void get_header_value_trim() {
        assertThat(sign("GET", "", Map.of("my-header1", " value1", "my-header2", " \"a   b   c\" "), ""))
                .isEqualTo("acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
    }

    @Test
    void post_x_www_form_urlencoded() {
        assertThat(sign(
                        "POST", "", Map.of("content-type", "application/x-www-form-urlencoded"), "Param1=value1"))
                .isEqualTo("ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
    }
}
