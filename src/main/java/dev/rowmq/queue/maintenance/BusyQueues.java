package dev.rowmq.queue.maintenance;

import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.store.cluster.CommittedState;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.sql.QueueCounters;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.stereotype.Component;

/**
 * The counts of the queues that hold messages, by partition, cached for the jobs. They are read again when
 * half a second has passed and something was committed since.
 */
@Component
class BusyQueues {

    private static final long MIN_AGE_NANOS = 500_000_000;
    /**
     * Readings that take long are followed by a pause of so many times the shorter of the last two: one slow reading,
     * such as the first or one during a stall, delays nothing.
     */
    private static final int PAUSE_PER_READING = 20;

    private static final long MAX_PAUSE_NANOS = 10_000_000_000L;

    /** @param state the state of the database before the counts were read */
    private record CountsReading(
            Map<Integer, QueueCounts> counts, Object state, long at, long nanos, long nanosBefore) {

        boolean isRecent() {
            long pause = Math.min(PAUSE_PER_READING * Math.min(nanos, nanosBefore), MAX_PAUSE_NANOS);
            return System.nanoTime() - at < Math.max(MIN_AGE_NANOS, pause);
        }

        CountsReading confirmed() {
            return new CountsReading(counts, state, System.nanoTime(), nanos, nanosBefore);
        }
    }

    private final QueueCounters counters;
    private final CommittedState committed;
    private final Map<Integer, CountsReading> readings = new ConcurrentHashMap<>();

    BusyQueues(QueueCounters counters, CommittedState committed) {
        this.counters = counters;
        this.committed = committed;
    }

    /** The counts by the number of the queue, in the current partition. */
    Map<Integer, QueueCounts> counts() {
        return readings.compute(Partitions.current(), (partition, last) ->
                        last != null && last.isRecent() ? last : read(last))
                .counts();
    }

    private CountsReading read(CountsReading last) {
        Object state = committed.ofAll();
        if (last != null && last.state().equals(state)) {
            return last.confirmed();
        }
        long begin = System.nanoTime();
        Map<Integer, QueueCounts> counts = counters.ofBusy();
        long end = System.nanoTime();
        return new CountsReading(counts, state, end, end - begin, last == null ? 0 : last.nanos());
    }
}
