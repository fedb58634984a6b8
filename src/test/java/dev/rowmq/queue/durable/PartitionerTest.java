package dev.rowmq.queue.durable;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartitionerTest {

    /** The published test vectors of FNV-1a with 32 bits. */
    @ParameterizedTest
    @CsvSource({
        "'', 811c9dc5", "a, e40c292c", "b, e70c2de5", "c, e60c2c52", "d, e10c2473", "e, e00c22e0", "f, e30c2799",
        "fo, 6222e842", "foo, a9f37ed7", "foob, 3f5076ef", "fooba, 39aaa18a", "foobar, bf9cf968"
    })
    void the_hash_is_fnv_1a(String text, String hash) {
        assertThat(HexFormat.of().toHexDigits(Partitioner.Fnv.hash(text.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(hash);
    }

    @Test
    void keys_are_spread_evenly() {
        Partitioner partitioner = new Partitioner.Fnv();
        int[] found = new int[3];
        IntStream.range(0, 30_000).forEach(i -> found[partitioner.partition("order-" + i, 3)]++);
        assertThat(IntStream.of(found).boxed()).allMatch(many -> many > 9_000 && many < 11_000);
    }
}
