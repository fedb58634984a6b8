package dev.rowmq.queue.commit;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.database.Partitions;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One {@link GroupCommit} for each partition, as no transaction spans two partitions. */
public final class PartitionedCommit<R, A> implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PartitionedCommit.class);

    private static final long SUSPECT_AFTER_NANOS = 1_000_000_000;

    private final Partitions partitions;
    private final List<GroupCommit<R, A>> commits;

    public PartitionedCommit(
            String name,
            Partitions partitions,
            GroupCommit.Limits limits,
            ToIntFunction<R> weight,
            Function<List<R>, List<A>> transaction) {
        this.partitions = partitions;
        this.commits = IntStream.range(0, partitions.count())
                .mapToObj(n -> new GroupCommit<R, A>(
                        partitions.count() == 1 ? name : name + "-" + n,
                        limits,
                        weight,
                        requests -> partitions.in(n, () -> transaction.apply(requests))))
                .toList();
    }

    /**
     * As {@link GroupCommit#submit}.
     *
     * @throws QueueException STORE_UNAVAILABLE at once if the partition is down, OUTCOME_UNKNOWN if it goes down during
     *     the wait
     */
    public A submit(int partition, R request) {
        if (!partitions.canDegrade()) {
            return commits.getFirst().submit(request);
        }
        partitions.refuseIfDown(partition);
        return commits.get(partition).submit(request, waited -> {
            if (waited > SUSPECT_AFTER_NANOS) {
                partitions.suspect(partition);
            }
            if (partitions.down(partition)) {
                throw new QueueException(
                        ErrorCode.OUTCOME_UNKNOWN,
                        ("partition %d stopped answering; the change may have happened or not: check, or repeat "
                                + "it with the same message id")
                                .formatted(partition));
            }
        });
    }

    /** The answer of a partition, or the reason for its refusal. */
    public sealed interface Outcome<A> {

        record Answered<A>(A answer) implements Outcome<A> {}

        record Refused<A>(QueueException why) implements Outcome<A> {}
    }

    /** Submits one request to each of these partitions, in parallel. */
    public Map<Integer, Outcome<A>> submitAll(Map<Integer, R> requests) {
        Map<Integer, Outcome<A>> outcomes = new ConcurrentHashMap<>();
        List<Thread> others = new ArrayList<>();
        Map<Integer, R> ordered = new TreeMap<>(requests);
        ordered.forEach((partition, request) -> {
            Runnable work = () -> {
                try {
                    outcomes.put(partition, new Outcome.Answered<>(submit(partition, request)));
                } catch (QueueException refusal) {
                    outcomes.put(partition, new Outcome.Refused<>(refusal));
                } catch (Throwable defect) {
                    log.error("partition {} failed; this is a defect, please report it", partition, defect);
                    outcomes.put(partition, new Outcome.Refused<>(defect(partition)));
                }
            };
            if (others.size() == requests.size() - 1) {
                work.run();
            } else {
                others.add(Thread.ofVirtual().name("rowmq-lane-" + partition).start(work));
            }
        });
        others.forEach(PartitionedCommit::join);
        return outcomes;
    }

    /**
     * The failure of one partition. It is an outcome of its own, so that the outcomes of other partitions are not lost.
     */
    static QueueException defect(int partition) {
        return new QueueException(
                ErrorCode.OUTCOME_UNKNOWN,
                "partition %d failed; whether anything was changed there is not known".formatted(partition));
    }

    /** Needs no limit: a {@link GroupCommit} ends each of its requests, also after a failure. */
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
        commits.forEach(GroupCommit::close);
    }
}
