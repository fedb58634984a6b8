package dev.rowmq.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.model.fanout.DeliveryReport.Circuit;
import dev.rowmq.support.Eventually;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

class ReceiverCircuitBreakerTest {

    private final AtomicInteger changes = new AtomicInteger();
    private final ReceiverCircuitBreaker breaker =
            new ReceiverCircuitBreaker("test", Duration.ofMillis(200), changes::incrementAndGet);

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            breaker.permit().orElseThrow().failed();
        }
    }

    @Test
    void it_opens_after_five_failures_in_a_row() {
        fail(4);
        breaker.permit().orElseThrow().succeeded();
        fail(4);
        assertThat(breaker.state()).isEqualTo(Circuit.CLOSED);
        fail(1);
        assertThat(breaker.state()).isEqualTo(Circuit.OPEN);
        assertThat(breaker.permit()).isEmpty();
        assertThat(changes).hasValue(1);
    }

    @Test
    void one_probe_at_a_time_shows_whether_the_receiver_works_again() {
        fail(5);
        ReceiverCircuitBreaker.Permit probe = nextPermit();
        assertThat(probe.probe()).isTrue();
        assertThat(breaker.permit()).as("while the probe runs").isEmpty();
        probe.failed();
        assertThat(breaker.state()).isEqualTo(Circuit.OPEN);
        nextPermit().succeeded();
        assertThat(breaker.state()).isEqualTo(Circuit.CLOSED);
    }

    @Test
    void a_call_from_before_it_opened_does_not_count_and_no_outcome_counts_twice() {
        ReceiverCircuitBreaker.Permit early = breaker.permit().orElseThrow();
        ReceiverCircuitBreaker.Permit twice = breaker.permit().orElseThrow();
        for (int i = 0; i < 10; i++) {
            twice.failed();
        }
        assertThat(breaker.state()).isEqualTo(Circuit.CLOSED);
        fail(4);
        assertThat(breaker.state()).isEqualTo(Circuit.OPEN);
        early.succeeded();
        assertThat(breaker.state()).isEqualTo(Circuit.OPEN);
    }

    @Test
    void a_pause_that_the_receiver_asked_for_is_kept() {
        ReceiverCircuitBreaker.Permit permit = breaker.permit().orElseThrow();
        permit.pause(Duration.ofSeconds(30));
        assertThat(breaker.permit()).isEmpty();
        assertThat(breaker.restLeft(permit).orElseThrow())
                .isBetween(Duration.ofSeconds(25), Duration.ofSeconds(30));
        assertThat(breaker.state()).isEqualTo(Circuit.CLOSED);
    }

    private ReceiverCircuitBreaker.Permit nextPermit() {
        ReceiverCircuitBreaker.Permit[] permit = new ReceiverCircuitBreaker.Permit[1];
        Eventually.within(Duration.ofSeconds(10), "a probe is permitted", () -> {
            breaker.permit().ifPresent(one -> permit[0] = one);
            return permit[0] != null;
        });
        return permit[0];
    }
}
