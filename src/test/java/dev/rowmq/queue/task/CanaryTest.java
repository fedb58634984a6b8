package dev.rowmq.queue.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.edit.DeadLetterEditor.PutBackState;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

class CanaryTest {

    private final Map<MessageKey, PutBackState> states = new HashMap<>();
    private final Canary canary = new Canary(0.2);

    private static MessageKey key(int position) {
        return new MessageKey(1, 0, position);
    }

    private boolean watches() {
        return canary.watches(states::get);
    }

    private void redriven(int from, int to, PutBackState state) {
        List<MessageKey> keys = IntStream.range(from, to).mapToObj(CanaryTest::key).toList();
        keys.forEach(key -> states.put(key, state));
        canary.redriven(keys);
    }

    @Test
    void one_is_redriven_then_ten_then_a_hundred() {
        assertThat(canary.set()).isEqualTo(1);
        redriven(0, 1, PutBackState.WAITING);
        assertThat(watches()).isTrue();
        states.put(key(0), PutBackState.SETTLED);
        assertThat(watches()).isFalse();
        assertThat(canary.set()).isEqualTo(10);
        redriven(1, 11, PutBackState.SETTLED);
        assertThat(watches()).isFalse();
        assertThat(canary.set()).isEqualTo(100);
        redriven(11, 111, PutBackState.SETTLED);
        assertThat(watches()).isFalse();
        assertThat(canary.set()).isEqualTo(100);
    }

    @Test
    void it_stops_when_a_larger_share_than_allowed_died_again() {
        redriven(0, 1, PutBackState.SETTLED);
        assertThat(watches()).isFalse();
        redriven(1, 9, PutBackState.SETTLED);
        assertThat(watches()).isFalse();
        redriven(9, 11, PutBackState.DEAD_AGAIN);
        assertThat(watches()).as("2 of 11").isFalse();
        redriven(11, 12, PutBackState.DEAD_AGAIN);
        assertThatThrownBy(this::watches).isInstanceOf(TaskFailure.class)
                .hasMessageContaining("3 of 12 redriven messages became dead letters again");
    }

    @Test
    void the_first_that_dies_stops_it() {
        redriven(0, 1, PutBackState.DEAD_AGAIN);
        assertThatThrownBy(this::watches).isInstanceOf(TaskFailure.class);
    }
}
