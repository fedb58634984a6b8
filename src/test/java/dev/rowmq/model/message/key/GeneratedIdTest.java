package dev.rowmq.model.message.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;

import org.junit.jupiter.api.Test;

class GeneratedIdTest {

    @Test
    void an_id_carries_its_key() {
        for (MessageKey key : new MessageKey[] {
            new MessageKey(1, 0, 1),
            new MessageKey(Integer.MAX_VALUE, 9, Long.MAX_VALUE >>> 1),
            new MessageKey(77, 3, 5L << 48)
        }) {
            assertThat(GeneratedId.key(GeneratedId.of(key))).hasValue(key);
        }
    }

    @Test
    void ids_are_uuids_of_version_8_and_differ_with_each_part_of_the_key() {
        UUID id = UUID.fromString(GeneratedId.of(new MessageKey(1, 2, 3)));
        assertThat(id.version()).isEqualTo(8);
        assertThat(id.variant()).isEqualTo(2);
        assertThat(GeneratedId.of(new MessageKey(1, 2, 4))).isNotEqualTo(id.toString());
        assertThat(GeneratedId.of(new MessageKey(1, 1, 3))).isNotEqualTo(id.toString());
        assertThat(GeneratedId.of(new MessageKey(2, 2, 3))).isNotEqualTo(id.toString());
    }

    @Test
    void other_texts_are_no_generated_ids() {
        String id = GeneratedId.of(new MessageKey(1, 2, 3));
        assertThat(GeneratedId.key("order-1042")).isEmpty();
        assertThat(GeneratedId.key("")).isEmpty();
        assertThat(GeneratedId.key(id.toUpperCase(java.util.Locale.ROOT).replace('0', 'A'))).isEmpty();
        assertThat(GeneratedId.key(id.substring(1))).isEmpty();
        assertThat(GeneratedId.key(id.replace('-', 'x'))).isEmpty();
        assertThat(GeneratedId.key(UUID.randomUUID().toString())).as("version 4").isEmpty();
    }
}
