package dev.rowmq.queue.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyList;
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
import dev.rowmq.support.Eventually;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the poll reads the counts of queues; the store has no part in it. */
class ArrivalPollTest {

    private static final Duration LONG = Duration.ofSeconds(10);

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
        verify(store, never()).withMessages(anyList());
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
        verify(store, timeout(2000)).withMessages(List.of(1));
        when(store.changed()).thenReturn(true);
        verify(store, timeout(2000).atLeast(3)).withMessages(List.of(1, 2));
    }

    @Test
    void a_queue_with_messages_is_read_until_none_are_left() {
        when(store.withMessages(anyList())).thenReturn(Map.of(2, true));
        waits(1, 2);
        verify(receivers, timeout(3000).atLeast(5)).found(2);
        verify(store, atLeast(3)).withMessages(List.of(2));
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
        verify(store, timeout(2000).atLeast(1)).withMessages(List.of(1));
    }

    @Test
    void a_poll_that_failed_is_repeated_although_nothing_is_committed() {
        when(store.withMessages(anyList()))
                .thenThrow(new QueueException(ErrorCode.STORE_UNAVAILABLE, "away"));
        waits(1, 2);
        verify(store, timeout(3000).atLeast(6)).withMessages(List.of(1, 2));
    }

    @Test
    void a_receiver_that_is_still_claiming_is_not_polled_for() throws Exception {
        waits(1);
        when(receivers.awaited(1)).thenReturn(false);
        Thread.sleep(300);
        clearInvocations(store);
        Thread.sleep(700);
        verify(store, never()).withMessages(anyList());
        when(receivers.awaited(1)).thenReturn(true);
        verify(store, timeout(2000).atLeast(1)).withMessages(List.of(1));
    }

    @Test
    void a_queue_is_known_to_be_empty_until_something_is_committed_or_arrives() {
        waits(1, 2);
        Eventually.within(LONG, "both are empty", () -> poll.knownEmpty(1) && poll.knownEmpty(2));

        poll.arrived();
        assertThat(poll.knownEmpty(1)).isFalse();
        assertThat(poll.knownEmpty(2)).isFalse();
        when(store.changed()).thenReturn(true);
        when(store.withMessages(anyList())).thenReturn(Map.of(1, false));

        Eventually.within(LONG, "1 has a message in flight", () -> !poll.knownEmpty(1) && poll.knownEmpty(2));
    }

    @Test
    void a_message_that_arrives_while_the_counts_are_read_is_not_overlooked() throws Exception {
        CountDownLatch read = new CountDownLatch(20);
        when(store.withMessages(anyList())).then(call -> {
            poll.arrived();
            read.countDown();
            return Map.of();
        });
        when(store.changed()).thenReturn(true);
        waits(1);
        while (!read.await(1, TimeUnit.MILLISECONDS)) {
            assertThat(poll.knownEmpty(1)).isFalse();
        }
    }

    @Test
    void when_the_last_receiver_has_gone_nothing_is_known() {
        waits(1);
        Eventually.within(LONG, "it is empty", () -> poll.knownEmpty(1));
        when(receivers.queues()).thenReturn(List.of());
        Eventually.within(LONG, "nothing is known", () -> !poll.knownEmpty(1));
    }

    private long reads(List<Integer> queues) {
        return mockingDetails(store).getInvocations().stream()
                .filter(call -> call.getMethod().getName().equals("withMessages"))
                .filter(call -> call.getArgument(0).equals(queues))
                .count();
    }
}
