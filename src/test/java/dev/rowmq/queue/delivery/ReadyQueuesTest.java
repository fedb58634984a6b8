package dev.rowmq.queue.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.anyList;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.cluster.CommittedState;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.sql.QueueCounters;

import java.util.List;

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
        when(committed.ofAll()).thenReturn("a").thenThrow(AWAY).thenThrow(AWAY).thenReturn("a");

        assertThat(queues.changed()).isTrue();
        assertThat(queues.changed()).isTrue();
        assertThat(queues.changed()).isTrue();
        assertThat(queues.changed()).isTrue();
    }

    @Test
    void counts_that_could_not_be_read_are_read_again() {
        when(committed.ofAll()).thenReturn("a");
        when(counters.withMessages(anyList(), anyBoolean())).thenThrow(AWAY).thenReturn(List.of(2));
        queues.changed();

        assertThat(queues.withMessages(List.of(1, 2), false)).isEmpty();
        assertThat(queues.changed()).isTrue();
        assertThat(queues.withMessages(List.of(1, 2), false)).containsExactly(2);
    }
}
