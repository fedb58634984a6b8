package dev.rowmq.queue.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.cluster.InstanceNotifier;
import dev.rowmq.support.Eventually;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the poll reads the counts of queues; the store has no part in it. */
class ArrivalPollTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private final Counts counts = new Counts();
    private final Receivers receivers = new Receivers();
    private final ArrivalPoll poll = new ArrivalPoll(counts, receivers);

    /** Records what is read; nothing is ready unless the test says so. */
    private static final class Counts extends ReadyQueues {

        private final AtomicInteger looks = new AtomicInteger();
        private final Collection<List<Integer>> reads = new ConcurrentLinkedQueue<>();
        private volatile boolean changed;
        private volatile boolean away;
        private volatile Set<Integer> ready = Set.of();

        Counts() {
            super(null, null, null);
        }

        @Override
        boolean changed() {
            looks.incrementAndGet();
            return changed;
        }

        @Override
        Set<Integer> withMessages(List<Integer> queueIds, boolean inFlight) {
            reads.add(queueIds);
            if (away) {
                throw new QueueException(ErrorCode.STORE_UNAVAILABLE, "away");
            }
            return ready;
        }

        long reads(Integer... queues) {
            return reads.stream().filter(List.of(queues)::equals).count();
        }
    }

    /** Waits for messages of the queues that the test names. */
    private static final class Receivers extends WaitingReceivers {

        private volatile List<Integer> queues = List.of();
        private volatile boolean awaiting = true;
        /** Runs during the next read of the lists, which does not see what it changes. */
        private final AtomicReference<Runnable> duringRead = new AtomicReference<>();
        private final Collection<Integer> found = new ConcurrentLinkedQueue<>();

        Receivers() {
            super(null, mock(InstanceNotifier.class), null);
        }

        @Override
        boolean anyWaits() {
            return !queues().isEmpty();
        }

        @Override
        List<Integer> queues() {
            Runnable once = duringRead.getAndSet(null);
            if (once != null) {
                once.run();
                return List.of();
            }
            return queues;
        }

        @Override
        boolean awaited(int queueId) {
            return awaiting;
        }

        @Override
        boolean waits(int queueId) {
            return true;
        }

        @Override
        void found(int queueId) {
            found.add(queueId);
        }
    }

    private void waits(Integer... queues) {
        receivers.queues = List.of(queues);
        poll.entered(queues[0]);
    }

    private void read(int times, Integer... queues) {
        Eventually.within(SOON, times + " reads of " + List.of(queues), () -> counts.reads(queues) >= times);
    }

    @AfterEach
    void stop() {
        poll.close();
    }

    @Test
    void without_a_receiver_nothing_is_read() throws Exception {
        Thread.sleep(500);
        assertThat(counts.looks).hasValue(0);
        assertThat(counts.reads).isEmpty();
    }

    @Test
    void while_nothing_is_committed_the_counts_are_read_once_a_second() throws Exception {
        waits(1, 2);
        Thread.sleep(2500);
        assertThat(counts.looks).hasValueGreaterThanOrEqualTo(8);
        assertThat(counts.reads(1, 2)).isBetween(1L, 4L);
    }

    @Test
    void after_a_commit_all_queues_with_receivers_are_read() {
        waits(1, 2);
        read(1, 1);
        counts.changed = true;
        read(3, 1, 2);
    }

    @Test
    void a_queue_with_messages_is_read_until_none_are_left() {
        counts.ready = Set.of(2);
        waits(1, 2);
        Eventually.within(SOON, "five calls", () -> receivers.found.size() >= 5);
        assertThat(receivers.found).containsOnly(2);
        assertThat(counts.reads(2)).isGreaterThanOrEqualTo(3);
    }

    @Test
    void a_receiver_that_comes_while_the_lists_are_read_is_not_overlooked() {
        receivers.duringRead.set(() -> waits(1));
        poll.entered(2);
        read(1, 1);
    }

    @Test
    void a_poll_that_failed_is_repeated_although_nothing_is_committed() {
        counts.away = true;
        waits(1, 2);
        read(6, 1, 2);
    }

    @Test
    void a_receiver_that_is_still_claiming_is_not_polled_for() throws Exception {
        receivers.awaiting = false;
        waits(1);
        Thread.sleep(1000);
        assertThat(counts.reads).isEmpty();
        receivers.awaiting = true;
        read(1, 1);
    }
}
