package dev.rowmq.queue.maintenance;

import dev.rowmq.queue.durable.DutyCycle;
import dev.rowmq.store.cluster.ClockStore;
import dev.rowmq.store.cluster.QueueReplicator;
import dev.rowmq.store.cluster.StoreHealth;

import java.time.Duration;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Synchronizes the copies of queues in the partitions, and repairs job locks after a step of the clock. */
@Component
public class ClusterUpkeep {

    private static final Logger log = LoggerFactory.getLogger(ClusterUpkeep.class);

    private static final long LOCKS_INTERVAL_NANOS = 60_000_000_000L;

    private final QueueReplicator replicator;
    private final ClockStore clock;
    private final StoreHealth health;
    private final DutyCycle lockChecks = new DutyCycle(LOCKS_INTERVAL_NANOS);

    ClusterUpkeep(QueueReplicator replicator, ClockStore clock, StoreHealth health) {
        this.replicator = replicator;
        this.clock = clock;
        this.health = health;
    }

    /** Copies the queues of the first partition to the others. */
    public void replicateQueues() {
        replicator.bringUpToDate();
    }

    /** As {@link StoreHealth#oldestTransaction}. */
    public Optional<Duration> oldestTransaction() {
        return health.oldestTransaction();
    }

    /**
     * Returns the step by which the database's clock was set since the last call. Frees job locks that lie in the
     * future, after a step back and once a minute; leases, delays and expiry follow the new time.
     *
     * @return empty for a step of less than a minute, and at the first call
     */
    public Optional<Duration> clockStep() {
        Optional<Duration> step = clock.step();
        if (step.filter(Duration::isNegative).isPresent() || lockChecks.due()) {
            lockChecks.ran(0);
            clock.freeLocksOfTheFuture();
        }
        step.ifPresent(by -> log.warn(
                "the database's clock was set {} by {}: leases, delays and expiry follow it",
                by.isNegative() ? "back" : "forward",
                by.abs()));
        return step;
    }
}
