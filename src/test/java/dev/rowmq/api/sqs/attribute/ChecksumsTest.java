package dev.rowmq.api.sqs.attribute;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;

/** The vectors that the npm package aws-md5-of-message-attributes publishes. */
class ChecksumsTest {

    private static final MessageAttribute TEXT = new MessageAttribute("String", "attribValue 1");
    private static final MessageAttribute NUMBER =
            new MessageAttribute("Number.float", "4563442423554324324264524243.32543234");
    private static final MessageAttribute BYTES = new MessageAttribute(
            "Binary", Base64.getEncoder().encodeToString("Hello binary world!".getBytes(StandardCharsets.UTF_8)));

    @Test
    void the_sum_of_each_type_is_that_of_the_clients() {
        assertThat(sum(Map.of("attribName1", TEXT))).isEqualTo("19e27d4e946b072f3f58da80d94fd778");
        assertThat(sum(Map.of("customNumberTypeAttrib", NUMBER)))
                .isEqualTo("9fe1b90bbd9965bdf77bac517c7d2495");
        assertThat(sum(Map.of("binaryAttribute", BYTES))).isEqualTo("31a92b15d92f8db860eda32aceb656c3");
    }

    @Test
    void the_sum_of_several_is_over_their_sorted_names() {
        assertThat(sum(Map.of("customNumberTypeAttrib", NUMBER, "binaryAttribute", BYTES, "attribName1", TEXT)))
                .isEqualTo("c932db14a896c663f83c260297d594ff");
    }

    @Test
    void the_sum_of_a_body_is_over_its_utf_8() {
        assertThat(Checksums.ofBody("h\u00e9")).isEqualTo("33fcd01258e6ba07ef405dc9e721f3a7");
    }

    private static String sum(Map<String, MessageAttribute> attributes) {
        return Checksums.ofAttributes(new TreeMap<>(attributes));
    }
}
