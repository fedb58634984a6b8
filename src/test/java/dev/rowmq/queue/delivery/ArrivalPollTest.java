package dev.rowmq.queue.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.anyList;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.atLeast;
import static org.mockito.Mockito.clearInvocations;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.mockingDetails;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the poll reads the counts of queues; the store has no part in it. */
class ArrivalPollTest {

    private final ReadyQueues store = mock(ReadyQueues.class);
    private final WaitingReceivers receivers = mock(WaitingReceivers.class);
    private final ArrivalPoll poll = new ArrivalPoll(store, receivers);

    private void waits(Integer... queues) {
        when(receivers.queues()).thenReturn(List.of(queues));
        when(receivers.awaited(any(Integer.class))).thenReturn(true);
        when(receivers.waits(any(Integer.class))).thenReturn(true);
        poll.entered(queues[0]);
    }

    @AfterEach
    void stop() {
        poll.close();
    }

    @Test
    void without_a_receiver_nothing_is_read() throws Exception {
        Thread.sleep(500);
        verify(store, never()).changed();
        verify(store, never()).withMessages(anyList(), anyBoolean());
    }

    @Test
    void while_nothing_is_committed_the_counts_are_read_once_a_second() throws Exception {
        waits(1, 2);
        Thread.sleep(2500);
        verify(store, atLeast(8)).changed();
        assertThat(reads(List.of(1, 2))).isBetween(1L, 4L);
        
    }

    @Test
    void after_a_commit_all_queues_with_receivers_are_read() {
        waits(1, 2);
        verify(store, timeout(2000)).withMessages(eq(List.of(1)), anyBoolean());
        when(store.changed()).thenReturn(true);
        verify(store, timeout(2000).atLeast(3)).withMessages(eq(List.of(1, 2)), anyBoolean());
    }

    @Test
    void a_queue_with_messages_is_read_until_none_are_left() {
        when(store.withMessages(anyList(), anyBoolean())).thenReturn(Set.of(2));
        waits(1, 2);
        verify(receivers, timeout(3000).atLeast(5)).found(2);
        verify(store, atLeast(3)).withMessages(eq(List.of(2)), anyBoolean());
    }

    @Test
    void a_receiver_that_comes_while_the_lists_are_read_is_not_overlooked() {
        when(receivers.awaited(1)).thenReturn(true);
        AtomicBoolean came = new AtomicBoolean();
        when(receivers.queues()).thenAnswer(read -> {
            if (came.compareAndSet(false, true)) {
                poll.entered(1);
                return List.of();
            }
            return List.of(1);
        });
        poll.entered(2);
        verify(store, timeout(2000).atLeast(1)).withMessages(eq(List.of(1)), anyBoolean());
    }

    @Test
    void a_poll_that_failed_is_repeated_although_nothing_is_committed() {
        when(store.withMessages(anyList(), anyBoolean()))
                .thenThrow(new QueueException(ErrorCode.STORE_UNAVAILABLE, "away"));
        waits(1, 2);
        verify(store, timeout(3000).atLeast(6)).withMessages(eq(List.of(1, 2)), anyBoolean());
    }

    @Test
    void a_receiver_that_is_still_claiming_is_not_polled_for() throws Exception {
        waits(1);
        when(receivers.awaited(1)).thenReturn(false);
        Thread.sleep(300);
        clearInvocations(store);
        Thread.sleep(700);
        verify(store, never()).withMessages(anyList(), anyBoolean());
        when(receivers.awaited(1)).thenReturn(true);
        verify(store, timeout(2000).atLeast(1)).withMessages(eq(List.of(1)), anyBoolean());
    }

    private long reads(List<Integer> queues) {
        return mockingDetails(store).getInvocations().stream()
                .filter(call -> call.getMethod().getName().equals("withMessages"))
                .filter(call -> call.getArgument(0).equals(queues))
                .count();
    }
}
