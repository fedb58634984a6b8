package dev.rowmq.queue;

import dev.rowmq.message.Refusal;
import dev.rowmq.store.Partitions;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** One {@link GroupCommit} for each partition, as no transaction spans two. */
final class Lanes<R, A> implements AutoCloseable {

    private final Partitions partitions;
    private final List<GroupCommit<R, A>> lanes;

    Lanes(
            String name,
            Partitions partitions,
            GroupCommit.Limits limits,
            ToIntFunction<R> weight,
            Function<List<R>, List<A>> transaction) {
        this.partitions = partitions;
        this.lanes = IntStream.range(0, partitions.count())
                .mapToObj(n -> new GroupCommit<R, A>(
                        partitions.count() == 1 ? name : name + "-" + n,
                        limits,
                        weight,
                        requests -> partitions.in(n, () -> transaction.apply(requests))))
                .toList();
    }

    /** As {@link GroupCommit#submit}. @throws Refusal STORE_UNAVAILABLE at once while the partition is down */
    A submit(int partition, R request) {
        return partitions.down(partition)
                ? partitions.in(partition, () -> null)
                : lanes.get(partition).submit(request);
    }

    /** What a partition answered, or why it did not. */
    sealed interface Outcome<A> {

        record Answered<A>(A answer) implements Outcome<A> {}

        record Refused<A>(Refusal why) implements Outcome<A> {}
    }

    /** One request for each of some partitions, side by side. */
    Map<Integer, Outcome<A>> submitAll(Map<Integer, R> requests) {
        Map<Integer, Outcome<A>> outcomes = new ConcurrentHashMap<>();
        List<Thread> others = new ArrayList<>();
        Map<Integer, R> ordered = new TreeMap<>(requests);
        Map<Integer, RuntimeException> defects = new ConcurrentHashMap<>();
        ordered.forEach((partition, request) -> {
            Runnable work = () -> {
                try {
                    outcomes.put(partition, new Outcome.Answered<>(submit(partition, request)));
                } catch (Refusal refusal) {
                    outcomes.put(partition, new Outcome.Refused<>(refusal));
                } catch (RuntimeException defect) {
                    defects.put(partition, defect);
                }
            };
            if (others.size() == requests.size() - 1) {
                work.run();
            } else {
                others.add(Thread.ofVirtual().name("rowmq-lane-" + partition).start(work));
            }
        });
        others.forEach(Lanes::join);
        if (!defects.isEmpty()) {
            throw defects.values().iterator().next();
        }
        return outcomes;
    }

    /** The lane ends its requests whatever happens, so that this ends too. */
    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        lanes.forEach(GroupCommit::close);
    }
}
