package dev.rowmq.store.sql;

import dev.rowmq.model.queue.Counts;
import dev.rowmq.model.queue.Figure;

import java.util.Map;
import java.util.TreeMap;

/** Changes of figures within one transaction, by queue. */
public final class Tally {

    private final Map<Integer, Counts> changes = new TreeMap<>();
    private final Map<Integer, Long> claimedTo = new TreeMap<>();

    public Tally add(int queueId, Figure figure, long change) {
        if (change != 0) {
            changes.merge(queueId, Counts.of(figure, change), (sum, one) -> {
                Counts both = sum.plus(one);
                return both.equals(Counts.ZERO) ? null : both;
            });
        }
        return this;
    }

    /** A message left one level for another. */
    public Tally move(int queueId, Figure from, Figure to, long messages) {
        return add(queueId, from, -messages).add(queueId, to, messages);
    }

    public void claimedTo(int queueId, long position) {
        claimedTo.merge(queueId, position, Math::max);
    }

    /** In the order of the queues' numbers, which is the order in which every transaction locks them. */
    Map<Integer, Counts> changes() {
        return changes;
    }

    public long claimedTo(int queueId) {
        return claimedTo.getOrDefault(queueId, 0L);
    }
}
