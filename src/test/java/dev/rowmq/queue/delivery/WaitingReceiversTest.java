package dev.rowmq.queue.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import dev.rowmq.queue.durable.LowWaterMarks;
import dev.rowmq.store.cluster.InstanceNotifier;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

/** The order in which receivers are woken; the store and other instances have no part in it. */
class WaitingReceiversTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final WaitingReceivers waiting =
            new WaitingReceivers(mock(LowWaterMarks.class), mock(InstanceNotifier.class), mock(ReadyQueues.class));

    /** A receiver that has taken its place when this returns. */
    private CompletableFuture<Boolean> receiver(boolean again) throws InterruptedException {
        CompletableFuture<Boolean> called = new CompletableFuture<>();
        CountDownLatch entered = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> {
            WaitingReceivers.Waiter ticket = waiting.enter(1, again);
            entered.countDown();
            called.complete(waiting.await(ticket, LONG, () -> true));
        });
        assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
        return called;
    }

    @Test
    void one_message_wakes_the_receiver_that_waited_longest() throws Exception {
        CompletableFuture<Boolean> first = receiver(false);
        CompletableFuture<Boolean> second = receiver(false);
        waiting.arrived(1, 1, false);
        assertThat(first.get(20, TimeUnit.SECONDS)).isTrue();
        assertThat(second).isNotDone();
        waiting.arrived(1, 5, false);
        assertThat(second.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_receiver_that_was_woken_in_vain_goes_to_the_front() throws Exception {
        CompletableFuture<Boolean> first = receiver(false);
        CompletableFuture<Boolean> again = receiver(true);
        waiting.arrived(1, 1, false);
        assertThat(again.get(20, TimeUnit.SECONDS)).isTrue();
        assertThat(first).isNotDone();
        waiting.close();
        assertThat(first.get(20, TimeUnit.SECONDS)).as("the service stops").isFalse();
    }

    @Test
    void a_call_that_comes_while_a_receiver_leaves_goes_to_the_next() throws Exception {
        WaitingReceivers.Waiter leaving = waiting.enter(1, false);
        CompletableFuture<Boolean> next = receiver(false);
        waiting.arrived(1, 1, false);
        waiting.leave(1, leaving, true);
        assertThat(next.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void an_arrival_between_entering_and_awaiting_is_not_lost() {
        WaitingReceivers.Waiter ticket = waiting.enter(1, false);
        waiting.arrived(1, 1, false);
        assertThat(waiting.await(ticket, LONG, () -> true)).isTrue();
    }

    @Test
    void other_queues_are_not_woken_and_the_wait_ends_in_time() {
        WaitingReceivers.Waiter ticket = waiting.enter(1, false);
        waiting.arrived(2, 1, false);
        assertThat(waiting.await(ticket, Duration.ofMillis(50), () -> true)).isFalse();
    }
}
