package dev.rowmq.queue.maintenance;

import dev.rowmq.queue.durable.DutyCycle;
import dev.rowmq.store.cluster.ClockStore;
import dev.rowmq.store.cluster.QueueReplicator;

import java.time.Duration;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Keeps what instances and partitions share in step: copies of queues, and job locks after a step of the clock. */
@Component
public class ClusterUpkeep {

    private static final Logger log = LoggerFactory.getLogger(ClusterUpkeep.class);

    private static final long LOCKS_EVERY_NANOS = 60_000_000_000L;

    private final QueueReplicator replicator;
    private final ClockStore clock;
    private final DutyCycle lockLooks = new DutyCycle(LOCKS_EVERY_NANOS);

    ClusterUpkeep(QueueReplicator replicator, ClockStore clock) {
        this.replicator = replicator;
        this.clock = clock;
    }

    /** Copies the queues of the first partition to the others. */
    public void replicateQueues() {
        replicator.bringUpToDate();
    }

    /**
     * The step by which the clock of the current partition was set since the last call; empty for less than a minute.
     * Locks of jobs that lie in the future are freed; leases, delays and expiry follow the new time.
     */
    public Optional<Duration> clockStep() {
        Optional<Duration> step = clock.step();
        if (step.filter(Duration::isNegative).isPresent() || lockLooks.due()) {
            lockLooks.ran(0);
            clock.freeLocksOfTheFuture();
        }
        step.ifPresent(by -> log.warn(
                "the database's clock was set {} by {}: leases, delays and expiry follow it",
                by.isNegative() ? "back" : "forward",
                by.abs()));
        return step;
    }
}
