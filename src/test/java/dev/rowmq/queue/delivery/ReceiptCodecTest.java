package dev.rowmq.queue.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.model.message.key.MessageKey;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;

import org.junit.jupiter.api.Test;

class ReceiptCodecTest {

    private final ReceiptCodec codec = codec(1);

    private static ReceiptCodec codec(int key) {
        byte[] bytes = new byte[32];
        bytes[0] = (byte) key;
        try {
            return new ReceiptCodec(bytes);
        } catch (GeneralSecurityException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Test
    void a_receipt_is_read_as_it_was_written() {
        ReceiptCodec.Receipt receipt = new ReceiptCodec.Receipt(new MessageKey(7, 9, Long.MAX_VALUE), -1, 42);
        assertThat(codec.read(codec.write(receipt))).hasValue(receipt);
    }

    @Test
    void a_receipt_with_any_changed_character_is_refused() {
        String text = codec.write(new ReceiptCodec.Receipt(new MessageKey(1, 0, 5), 6, 1));
        for (int i = 0; i < text.length(); i++) {
            char other = text.charAt(i) == 'A' ? 'B' : 'A';
            assertThat(codec.read(text.substring(0, i) + other + text.substring(i + 1)))
                    .as("character %d", i)
                    .isEmpty();
        }
        assertThat(codec.read(text + "A")).isEmpty();
        assertThat(codec.read(text + "=")).isEmpty();
        assertThat(codec.read("")).isEmpty();
        assertThat(codec.read("no receipt")).isEmpty();
    }

    @Test
    void a_receipt_of_another_key_is_refused() {
        assertThat(codec.read(codec(2).write(new ReceiptCodec.Receipt(new MessageKey(1, 0, 5), 6, 1)))).isEmpty();
    }

    @Test
    void a_text_opens_for_its_own_purpose_only() {
        byte[] content = "12".getBytes(StandardCharsets.UTF_8);
        String cursor = codec.sealed("dead 1", content);
        assertThat(codec.open("dead 1", cursor)).hasValue(content);
        assertThat(codec.open("dead 2", cursor)).isEmpty();
        assertThat(codec.read(cursor)).isEmpty();
    }
}
