package dev.rowmq.queue.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueueScopeTest {

    @ParameterizedTest
    @CsvSource({
        "orders,     orders,         true",
        "orders,     orders-2,       false",
        "orders,     order,          false",
        "orders-*,   orders-,        true",
        "orders-*,   orders-2,       true",
        "orders-*,   orders,         false",
        "*,          anything,       true",
        "*-dead,     orders-dead,    true",
        "*-dead,     orders-dead-2,  false",
        "a*b*c,      abc,            true",
        "a*b*c,      a-b-b-c,        true",
        "a*b*c,      a-c-b,          false",
        "a.b,        axb,            false",
        "**,         x,              true",
        "Orders,     orders,         false"
    })
    void an_asterisk_stands_for_any_number_of_characters(String pattern, String name, boolean matches) {
        assertThat(new QueueScope(List.of("other", pattern)).includes(name)).isEqualTo(matches);
    }

    @Test
    void a_pattern_of_asterisks_costs_no_more_than_its_length_times_that_of_the_name() {
        QueueScope scope = new QueueScope(List.of("*a".repeat(39) + "b"));
        Assertions.assertTimeout(
                Duration.ofSeconds(5), () -> assertThat(scope.includes("a".repeat(100_000))).isFalse());
    }

    @Test
    void a_thread_without_a_scope_may_use_all_queues() {
        assertThat(QueueScope.allows("orders")).isTrue();
        new QueueScope(List.of("bills")).call(() -> assertThat(QueueScope.allows("orders")).isFalse());
    }
}
