package dev.rowmq.queue.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyList;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.cluster.CommittedState;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.sql.QueueCounters;

import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;

/** What is known of queues while the database does not answer. */
class ReadyQueuesTest {

    private static final QueueException AWAY = new QueueException(ErrorCode.STORE_UNAVAILABLE, "away");

    private final QueueCounters counters = mock(QueueCounters.class);
    private final CommittedState committed = mock(CommittedState.class);
    private final ReadyQueues queues = new ReadyQueues(counters, Partitions.one(mock(DataSource.class)), committed);

    @Test
    void an_equal_state_is_no_change() {
        when(committed.ofAll()).thenReturn("a", "a", "b");

        assertThat(queues.changed()).isTrue();
        assertThat(queues.changed()).isFalse();
        assertThat(queues.changed()).isTrue();
    }

    @Test
    void after_a_failure_everything_may_have_changed() {
        when(committed.ofAll()).thenReturn("a").thenThrow(AWAY).thenReturn("a");

        assertThat(queues.changed()).isTrue();
        assertThat(queues.changed()).isTrue();
        assertThat(queues.changed()).isTrue();
    }

    @Test
    void while_the_counts_cannot_be_read_no_queue_is_known_to_be_empty_and_they_are_read_again() {
        when(committed.ofAll()).thenReturn("a");
        when(counters.withMessages(anyList())).thenThrow(AWAY).thenReturn(Map.of(2, true));
        queues.changed();

        assertThat(queues.withMessages(List.of(1, 2))).isEqualTo(Map.of(1, false, 2, false));
        assertThat(queues.changed()).isTrue();
        assertThat(queues.withMessages(List.of(1, 2))).isEqualTo(Map.of(2, true));
    }
}
