package dev.rowmq.model.fanout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

class TopicFilterTest {

    @Test
    void an_empty_filter_takes_every_message() {
        Topic.Binding all = new Topic.Binding("orders", Map.of());
        assertThat(all.takes(Map.of())).isTrue();
        assertThat(all.takes(Map.of("type", "a"))).isTrue();
    }

    @Test
    void a_message_must_have_one_of_the_values_of_each_name() {
        Topic.Binding some =
                new Topic.Binding("orders", Map.of("type", List.of("created", "paid"), "region", List.of("eu")));
        assertThat(some.takes(Map.of("type", "paid", "region", "eu", "other", "x"))).isTrue();
        assertThat(some.takes(Map.of("type", "paid"))).isFalse();
        assertThat(some.takes(Map.of("type", "deleted", "region", "eu"))).isFalse();
        assertThat(some.takes(Map.of("Type", "paid", "region", "eu"))).as("names are case-sensitive").isFalse();
    }

    @Test
    void bindings_that_break_a_rule_are_refused_by_name() {
        Topic.Binding once = new Topic.Binding("orders", Map.of());
        assertThat(Topic.checked(List.of(once))).containsExactly(once);
        assertThatThrownBy(() -> Topic.checked(List.of(once, once))).hasMessageContaining("bound twice");
        assertThatThrownBy(() -> Topic.checked(List.of(new Topic.Binding("orders", Map.of("type", Arrays.asList())))))
                .hasMessageContaining("bindings[0].filter.type.length");
        assertThatThrownBy(() -> Topic.checked(List.of(
                        new Topic.Binding("orders", Map.of("type", Arrays.asList("x".repeat(100_001)))))))
                .hasMessageContaining("characters");
    }
}
