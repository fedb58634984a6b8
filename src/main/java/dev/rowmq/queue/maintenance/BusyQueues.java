package dev.rowmq.queue.maintenance;

import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.store.cluster.CommittedState;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.QueueCounters;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.stereotype.Component;

/**
 * The counts of the queues that hold messages, by partition, cached for the jobs. They are read again half a second
 * after a change by this instance, and two seconds after one by others.
 */
@Component
class BusyQueues {

    private static final long AFTER_CHANGE_NANOS = 500_000_000;
    private static final long AFTER_CHANGE_OF_OTHERS_NANOS = 2_000_000_000;
    /**
     * Readings that take long are followed by a pause of so many times the shorter of the last two: one slow reading,
     * such as the first or one during a stall, delays nothing.
     */
    private static final int PAUSE_PER_READING = 20;

    private static final long MAX_PAUSE_NANOS = 10_000_000_000L;

    /**
     * @param changes the changes of this process before the counts were read
     * @param state   the committed state of the database before that
     */
    private record CountsReading(
            Map<Integer, QueueCounts> counts, long changes, Object state, long at, long nanos, long nanosBefore) {

        boolean isRecent(long changesNow) {
            long pause = Math.min(PAUSE_PER_READING * Math.min(nanos, nanosBefore), MAX_PAUSE_NANOS);
            long interval = changesNow == changes ? AFTER_CHANGE_OF_OTHERS_NANOS : AFTER_CHANGE_NANOS;
            return System.nanoTime() - at < Math.max(interval, pause);
        }

        CountsReading confirmed(long changesNow) {
            return new CountsReading(counts, changesNow, state, System.nanoTime(), nanos, nanosBefore);
        }
    }

    private final QueueCounters counters;
    private final CommittedState committed;
    private final Transactions transactions;
    private final Map<Integer, CountsReading> readings = new ConcurrentHashMap<>();

    BusyQueues(QueueCounters counters, CommittedState committed, Transactions transactions) {
        this.counters = counters;
        this.committed = committed;
        this.transactions = transactions;
    }

    /** The counts by the number of the queue, in the current partition. */
    Map<Integer, QueueCounts> counts() {
        long changes = transactions.changes();
        return readings.compute(Partitions.current(), (partition, last) ->
                        last != null && last.isRecent(changes) ? last : read(changes, last))
                .counts();
    }

    private CountsReading read(long changes, CountsReading last) {
        Object state = committed.ofAll();
        if (last != null && last.state().equals(state)) {
            return last.confirmed(changes);
        }
        long begin = System.nanoTime();
        Map<Integer, QueueCounts> counts = counters.ofBusy();
        long end = System.nanoTime();
        return new CountsReading(counts, changes, state, end, end - begin, last == null ? 0 : last.nanos());
    }
}
