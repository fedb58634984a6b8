package dev.rowmq.queue.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupCommitTest {

    private final List<List<Integer>> groups = new CopyOnWriteArrayList<>();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private GroupCommit<Integer, String> commit;

    private GroupCommit<Integer, String> commit(
            int capacity, int weight, Function<List<Integer>, List<String>> transaction) {
        commit = new GroupCommit<>(
                "test",
                new GroupCommit.Limits(capacity, weight, Duration.ofMillis(100)),
                request -> 1,
                group -> {
                    groups.add(group);
                    return transaction.apply(group);
                });
        return commit;
    }

    private static List<String> answers(List<Integer> group) {
        return group.stream().map(request -> "answer " + request).toList();
    }

    /** The first group waits until the gate opens, so that the next groups form after it. */
    private List<String> slowFirst(List<Integer> group) {
        if (groups.size() == 1) {
            try {
                gate.await();
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
        return answers(group);
    }

    private List<Future<String>> submitAll(int from, int to) {
        List<Future<String>> futures = new ArrayList<>();
        for (int i = from; i < to; i++) {
            int request = i;
            futures.add(callers.submit(() -> commit.submit(request)));
        }
        return futures;
    }

    private void untilTheFirstRuns() throws InterruptedException {
        while (groups.isEmpty()) {
            Thread.sleep(1);
        }
    }

    private void untilWaiting(int requests) throws InterruptedException {
        while (commit.waiting() < requests) {
            Thread.sleep(1);
        }
    }

    @AfterEach
    void close() {
        gate.countDown();
        commit.close();
        callers.close();
    }

    @Test
    void a_lone_request_runs_at_once() {
        commit(100, 100, GroupCommitTest::answers);
        assertThat(commit.submit(1)).isEqualTo("answer 1");
        assertThat(groups).containsExactly(List.of(1));
    }

    @Test
    void requests_that_wait_become_one_group_and_each_gets_its_own_answer() throws Exception {
        commit(100, 100, this::slowFirst);
        List<Future<String>> first = submitAll(0, 1);
        untilTheFirstRuns();
        List<Future<String>> others = submitAll(1, 21);
        untilWaiting(20);
        gate.countDown();
        assertThat(first.getFirst().get()).isEqualTo("answer 0");
        for (int i = 0; i < 20; i++) {
            assertThat(others.get(i).get()).isEqualTo("answer " + (i + 1));
        }
        assertThat(groups).hasSize(2);
    }

    @Test
    void a_group_ends_at_its_weight() throws Exception {
        commit(100, 8, this::slowFirst);
        submitAll(0, 1);
        untilTheFirstRuns();
        List<Future<String>> others = submitAll(1, 21);
        untilWaiting(20);
        gate.countDown();
        for (Future<String> other : others) {
            other.get();
        }
        assertThat(groups).extracting(List::size).containsExactly(1, 8, 8, 4);
    }

    @Test
    void one_bad_request_does_not_fail_its_neighbours() throws Exception {
        commit(100, 100, group -> {
            if (group.contains(13)) {
                throw new IllegalArgumentException("13 is bad");
            }
            return slowFirst(group);
        });
        submitAll(0, 1);
        untilTheFirstRuns();
        List<Future<String>> others = submitAll(1, 21);
        untilWaiting(20);
        gate.countDown();
        for (int i = 1; i < 21; i++) {
            Future<String> other = others.get(i - 1);
            if (i == 13) {
                assertThatThrownBy(other::get).hasRootCauseMessage("13 is bad");
            } else {
                assertThat(other.get()).isEqualTo("answer " + i);
            }
        }
    }

    @Test
    void when_the_database_fails_all_are_told_and_the_group_is_not_tried_again() throws Exception {
        commit(100, 100, group -> {
            if (group.size() > 1) {
                throw new QueueException(ErrorCode.OUTCOME_UNKNOWN, "broke off");
            }
            return slowFirst(group);
        });
        submitAll(0, 1);
        untilTheFirstRuns();
        List<Future<String>> others = submitAll(1, 6);
        untilWaiting(5);
        gate.countDown();
        for (Future<String> other : others) {
            assertThatThrownBy(other::get).hasCauseInstanceOf(QueueException.class).hasMessageContaining("broke off");
        }
        assertThat(groups).hasSize(2);
        assertThat(commit.submit(99)).isEqualTo("answer 99");
    }

    @Test
    void beyond_its_capacity_a_request_is_refused_after_a_moment() throws Exception {
        commit(3, 100, this::slowFirst);
        submitAll(0, 1);
        untilTheFirstRuns();
        List<Future<String>> waiting = submitAll(1, 4);
        untilWaiting(3);
        long start = System.nanoTime();
        assertThatThrownBy(() -> commit.submit(4))
                .isInstanceOfSatisfying(
                        QueueException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.OVERLOADED));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(90), Duration.ofSeconds(2));
        gate.countDown();
        for (Future<String> request : waiting) {
            request.get();
        }
    }

    @Test
    void closing_finishes_those_that_are_in_and_refuses_later_ones() throws Exception {
        commit(100, 100, this::slowFirst);
        List<Future<String>> requests = new ArrayList<>(submitAll(0, 1));
        untilTheFirstRuns();
        requests.addAll(submitAll(1, 10));
        untilWaiting(9);
        Thread closing = Thread.ofVirtual().start(commit::close);
        Thread.sleep(50);
        gate.countDown();
        for (Future<String> request : requests) {
            assertThat(request.get()).startsWith("answer");
        }
        assertThat(closing.join(Duration.ofSeconds(5))).isTrue();
        assertThatThrownBy(() -> commit.submit(11)).isInstanceOf(QueueException.class).hasMessageContaining("stopping");
    }
}
