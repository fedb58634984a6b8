package dev.rowmq.store.memory.limit;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes that all queues in memory take, and their limit. */
public final class MemoryUsage {

    private final long limit;
    private final AtomicLong bytes = new AtomicLong();

    /** @param limit in bytes */
    public MemoryUsage(long limit) {
        this.limit = limit;
    }

    /** Adds bytes if they are within the limit. Returns whether they were added. */
    public boolean reserve(long more) {
        if (bytes.addAndGet(more) > limit) {
            bytes.addAndGet(-more);
            return false;
        }
        return true;
    }

    /** Adds bytes without checking the limit. */
    public void account(long more) {
        bytes.addAndGet(more);
    }

    public void release(long less) {
        bytes.addAndGet(-less);
    }

    /** The error text for a message that takes {@code wanted} bytes more than there is room for. */
    public String noRoom(long wanted) {
        return "queues in memory have no room for its %d bytes: they hold %d of %d (rowmq.memory.size)"
                .formatted(wanted, bytes.get(), limit);
    }
}
