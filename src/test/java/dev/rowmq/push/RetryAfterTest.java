package dev.rowmq.push;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {

    private static final Instant NOW = Instant.parse("2026-11-06T08:49:07Z");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            0                              | PT0S
            30                             | PT30S
            000000000000030                | PT30S
            86401                          | PT24H
            99999999999999999999999999     | PT24H
            Fri, 06 Nov 2026 08:49:37 GMT  | PT30S
            Friday, 06-Nov-26 08:49:37 GMT | PT30S
            Fri Nov  6 08:49:37 2026       | PT30S
            Sunday, 06-Nov-94 08:49:37 GMT | PT0S
            Sun Nov  6 08:49:37 1994       | PT0S
            Fri, 06 Nov 2099 08:49:37 GMT  | PT24H
            -5                             | PT0S
            soon                           | PT0S
            1.5                            | PT0S
            """)
    void seconds_and_the_three_forms_of_a_date_are_heeded_up_to_a_day(String value, Duration rest) {
        assertThat(RetryAfter.parse(value, NOW)).isEqualTo(rest);
    }
}
