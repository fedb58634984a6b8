package dev.rowmq.api.rest.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstantFormatTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1970-01-01T00:00:00Z", "2026-11-24T20:34:56.1Z", "2024-02-29T23:59:59.999999Z",
                        "1969-12-31T23:59:59.000000001Z",
                "9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z"
            })
    void a_time_is_written_as_the_jdk_writes_it(String text) {
        assertThat(InstantFormat.of(Instant.parse(text))).isEqualTo(Instant.parse(text).toString());
    }

    @ParameterizedTest
    @MethodSource("times")
    void so_is_any_time(Instant time) {
        assertThat(InstantFormat.of(time)).isEqualTo(time.toString());
    }

    static Stream<Instant> times() {
        Random random = new Random(4711);
        return Stream.generate(() -> Instant.ofEpochSecond(
                        random.nextLong(-3_000_000_000L, 30_000_000_000L),
                        random.nextInt(1000) * (long) Math.pow(1000, random.nextInt(3))))
                .limit(200);
    }
}
