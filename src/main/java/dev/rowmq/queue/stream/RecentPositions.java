package dev.rowmq.queue.stream;

/**
 * The last positions of a replay. A message may be read from the queue a moment before its copy is offered to the
 * subscriber. It is delivered once, as its position is still here then. A replay of any length takes the same memory.
 */
final class RecentPositions {

    private static final int CAPACITY = 16_384;

    /** A ring buffer; null until a position is added. */
    private long[] positions;

    private int added;
    private long last = Long.MIN_VALUE;

    void add(long position) {
        if (positions == null) {
            positions = new long[CAPACITY];
        }
        positions[added++ % CAPACITY] = position;
        added = added == 2 * CAPACITY ? CAPACITY : added;
        last = Math.max(last, position);
    }

    boolean contains(long position) {
        if (position > last || positions == null) {
            return false;
        }
        for (int i = 0; i < Math.min(added, CAPACITY); i++) {
            if (positions[i] == position) {
                return true;
            }
        }
        return false;
    }
}
