package dev.rowmq.model.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

class FairShareTest {

    @Test
    void a_group_is_noisy_with_thirty_in_flight_and_more_than_a_tenth() {
        assertThat(FairShare.noisy(Map.of("a", 30), 30)).containsExactly("a");
        assertThat(FairShare.noisy(Map.of("a", 29), 29)).isEmpty();
        assertThat(FairShare.noisy(Map.of("a", 30), 299)).containsExactly("a");
        assertThat(FairShare.noisy(Map.of("a", 30), 300)).isEmpty();
        assertThat(FairShare.noisy(Map.of("a", 500, "b", 40), 600)).containsExactly("a");
        assertThat(FairShare.noisy(Map.of(), 1_000_000)).isEmpty();
    }

    @Test
    void at_most_nine_groups_are_noisy() {
        Map<String, Integer> even = IntStream.range(0, 9).boxed().collect(Collectors.toMap(i -> "g" + i, i -> 100));
        assertThat(FairShare.noisy(even, 999)).hasSize(9);
        Map<String, Integer> ten = IntStream.range(0, 10).boxed().collect(Collectors.toMap(i -> "g" + i, i -> 100));
        assertThat(FairShare.noisy(ten, 1000)).isEmpty();
    }
}
