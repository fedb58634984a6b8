package dev.rowmq.store.sql;

import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;

import java.util.Map;
import java.util.TreeMap;

/** Changes of counters within one transaction, by queue id. */
public final class CounterDeltas {

    private final Map<Integer, QueueCounts> changes = new TreeMap<>();
    private final Map<Integer, Long> claimedTo = new TreeMap<>();

    public CounterDeltas add(int queueId, QueueCounter figure, long change) {
        if (change != 0) {
            changes.merge(queueId, QueueCounts.of(figure, change), (sum, one) -> {
                QueueCounts both = sum.plus(one);
                return both.equals(QueueCounts.ZERO) ? null : both;
            });
        }
        return this;
    }

    /** Moves messages from one counter to another. */
    public CounterDeltas move(int queueId, QueueCounter from, QueueCounter to, long messages) {
        return add(queueId, from, -messages).add(queueId, to, messages);
    }

    public void claimedTo(int queueId, long position) {
        claimedTo.merge(queueId, position, Math::max);
    }

    /** The changes in ascending order of queue ids, the order in which every transaction locks the counter rows. */
    Map<Integer, QueueCounts> changes() {
        return changes;
    }

    public long claimedTo(int queueId) {
        return claimedTo.getOrDefault(queueId, 0L);
    }
}
