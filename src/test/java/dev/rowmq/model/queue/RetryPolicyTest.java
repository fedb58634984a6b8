package dev.rowmq.model.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.model.error.QueueException;

import java.time.Duration;

import org.junit.jupiter.api.Test;

class RetryPolicyTest {

    @Test
    void the_backoff_grows_by_the_multiplier_up_to_the_maximum() {
        RetryPolicy policy = new RetryPolicy(Duration.ofSeconds(1), 2, Duration.ofSeconds(10));
        assertThat(policy.backoffAfter(1)).isEqualTo(Duration.ofSeconds(1));
        assertThat(policy.backoffAfter(2)).isEqualTo(Duration.ofSeconds(2));
        assertThat(policy.backoffAfter(4)).isEqualTo(Duration.ofSeconds(8));
        assertThat(policy.backoffAfter(5)).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void no_number_of_deliveries_overflows() {
        RetryPolicy policy = new RetryPolicy(Duration.ofHours(12), 100, Duration.ofDays(7));
        assertThat(policy.backoffAfter(Integer.MAX_VALUE)).isEqualTo(Duration.ofDays(7));
        assertThat(policy.backoffAfter(0)).isEqualTo(Duration.ofHours(12));
    }

    @Test
    void without_a_first_backoff_there_is_none_at_all() {
        assertThat(RetryPolicy.DEFAULT.backoffAfter(50)).isZero();
    }

    @Test
    void values_outside_their_ranges_are_refused() {
        assertThatThrownBy(() -> new RetryPolicy(Duration.ofHours(13), 2, Duration.ZERO))
                .isInstanceOf(QueueException.class)
                .hasMessageContaining("retry.initial");
        assertThatThrownBy(() -> new RetryPolicy(Duration.ZERO, 0.5, Duration.ZERO))
                .hasMessageContaining("retry.multiplier");
        assertThatThrownBy(() -> new RetryPolicy(Duration.ZERO, 2, Duration.ofDays(8)))
                .hasMessageContaining("retry.max");
    }
}
