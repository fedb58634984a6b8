package dev.rowmq.queue.maintenance;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.ScanStep;
import dev.rowmq.store.database.Partitions;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import java.util.function.LongFunction;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Runs jobs in each partition, and keeps the failure of one queue from the others. */
@Component
public class PartitionJobs {

    private static final Logger log = LoggerFactory.getLogger(PartitionJobs.class);

    private static final long MAX_RUN_NANOS = 1_000_000_000;

    private final Partitions partitions;
    /** The jobs that run at present, each with the number of its partition. */
    private final Set<String> running = ConcurrentHashMap.newKeySet();

    PartitionJobs(Partitions partitions) {
        this.partitions = partitions;
    }

    /**
     * Runs a job in each partition that answers, in parallel. A partition in which the job still runs is skipped.
     *
     * @param job receives the number of the partition
     */
    public void inEachPartition(String name, IntConsumer job) {
        if (!partitions.canDegrade()) {
            job.accept(0);
            return;
        }
        for (int n : partitions.up()) {
            if (running.add(name + n)) {
                Thread.ofVirtual().name("rowmq-job-" + name + "-" + n).start(() -> {
                    try {
                        partitions.in(n, () -> {
                            job.accept(n);
                            return n;
                        });
                    } catch (QueueException downJustNow) {
                        log.debug("{} has to wait for partition {}", name, n, downJustNow);
                    } finally {
                        running.remove(name + n);
                    }
                });
            }
        }
    }

    /** The result of the work on one queue; 0 after a failure, which must not delay other queues. */
    int forQueue(Queue queue, IntSupplier work) {
        return isolated("upkeep of queue '" + queue.name() + "'", work);
    }

    /**
     * The result of the work; 0 after a failure.
     *
     * @throws QueueException STORE_UNAVAILABLE when one of several partitions does not answer: each further queue would
     *     wait as long as the time limit of a statement
     */
    int isolated(String name, IntSupplier work) {
        try {
            return work.getAsInt();
        } catch (RuntimeException failure) {
            if (partitions.canDegrade()
                    && failure instanceof QueueException refusal
                    && refusal.code() == ErrorCode.STORE_UNAVAILABLE) {
                partitions.suspect(Partitions.current());
                throw refusal;
            }
            if (QueueException.isDatabaseFault(failure)) {
                log.debug("{} has to wait for the database", name, failure);
            } else {
                log.warn("{} failed and will be tried again: {}", name, failure.toString());
            }
            return 0;
        }
    }

    /**
     * Repeats a set until nothing is left or a second has passed. Each set begins after the last position of the one
     * before.
     *
     * @param set receives the position after which it begins
     * @return the number of messages
     */
    static int scan(long after, LongFunction<ScanStep> set) {
        long deadline = System.nanoTime() + MAX_RUN_NANOS;
        long from = after;
        int sum = 0;
        ScanStep step;
        do {
            step = set.apply(from);
            from = Math.max(from, step.last());
            sum += step.messages();
        } while (step.more() && System.nanoTime() < deadline);
        return sum;
    }

    /** Repeats a set until it returns 0 or a second has passed. Returns the sum. */
    static int repeat(IntSupplier set) {
        long deadline = System.nanoTime() + MAX_RUN_NANOS;
        int sum = 0;
        int now;
        do {
            now = set.getAsInt();
            sum += now;
        } while (now > 0 && System.nanoTime() < deadline);
        return sum;
    }
}
