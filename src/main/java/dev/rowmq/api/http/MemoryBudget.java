package dev.rowmq.api.http;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import java.util.concurrent.TimeUnit;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * Bytes of heap that requests may take together: what they send, and what they are answered with. A request that does
 * not fit beside the others waits a moment and is then refused, so that no number of them can use up the heap.
 */
@Component
public class MemoryBudget {

    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final long limit;
    private long used;

    @Autowired
    MemoryBudget(HttpProperties properties) {
        this((long) (Runtime.getRuntime().maxMemory() * properties.memoryShare()));
    }

    /** @param limit bytes */
    MemoryBudget(long limit) {
        this.limit = limit;
    }

    /**
     * Takes bytes, to be given back. A request that is larger than the whole budget gets through alone.
     *
     * @throws QueueException {@link ErrorCode#OVERLOADED} when there was no room within half a second
     */
    synchronized void reserve(long bytes) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (used > 0 && used + bytes > limit) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                throw overloaded();
            }
            try {
                wait(left);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw overloaded();
            }
        }
        take(bytes);
    }

    /**
     * Takes bytes that are in memory already, whether there is room for them or not: later requests have to wait for
     * it.
     */
    synchronized void take(long bytes) {
        used += bytes;
    }

    synchronized void giveBack(long bytes) {
        used -= bytes;
        notifyAll();
    }

    synchronized long used() {
        return used;
    }

    private QueueException overloaded() {
        return new QueueException(
                ErrorCode.OVERLOADED,
                ("requests and answers in memory take %d MB of the %d MB they may have (rowmq.rest.memory-share); "
                        + "nothing was changed, retry later")
                        .formatted(used >> 20, limit >> 20));
    }
}
