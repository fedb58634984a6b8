package dev.rowmq.store.group;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.GroupRows;
import dev.rowmq.store.sql.GroupRows.GroupKey;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;

import org.springframework.stereotype.Component;

/**
 * Releases groups that another transaction was changing when a settlement was to release them. A team's transaction
 * that sends to a group keeps it locked until it ends, and a settlement must not wait for that. When the process ends
 * before, claims look at these groups when the lease that was settled would have ended.
 */
@Component
public class LateReleases {

    private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(5).toNanos();
    private static final long LONGEST_PAUSE_NANOS = Duration.ofMillis(250).toNanos();
    private static final long GIVE_UP_NANOS = Duration.ofHours(12).toNanos();

    private final Partitions partitions;
    private final Transactions transactions;
    private final GroupRows groups;

    LateReleases(Partitions partitions, Transactions transactions, GroupRows groups) {
        this.partitions = partitions;
        this.transactions = transactions;
        this.groups = groups;
    }

    public void release(Set<GroupKey> missed) {
        if (!missed.isEmpty()) {
            int partition = Partitions.current();
            Thread.ofVirtual().name("late-release").start(() -> repeat(partition, new TreeSet<>(missed)));
        }
    }

    private void repeat(int partition, TreeSet<GroupKey> left) {
        long deadline = System.nanoTime() + GIVE_UP_NANOS;
        long pause = FIRST_PAUSE_NANOS;
        while (!left.isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(pause);
            pause = Math.min(LONGEST_PAUSE_NANOS, 2 * pause);
            try {
                left.retainAll(partitions.in(partition, () -> transactions.inTransaction(() -> {
                    left.removeIf(group -> !groups.exists(group));
                    return groups.release(left);
                })));
            } catch (QueueException unreachable) {
                // the next round tries again
            } catch (RuntimeException closed) {
                return;
            }
        }
    }
}
