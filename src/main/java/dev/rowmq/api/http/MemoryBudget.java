package dev.rowmq.api.http;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import java.util.concurrent.TimeUnit;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * Limits the bytes of heap that all requests take together, including their responses. A request that exceeds the
 * budget waits half a second and is then refused, so that no number of requests can use up the heap.
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
     * Reserves bytes; the caller must give them back. A request that is larger than the whole budget is admitted when
     * no other bytes are reserved.
     *
     * @throws QueueException {@link ErrorCode#OVERLOADED} when the bytes did not fit within half a second
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
     * Reserves bytes that are in memory already, even beyond the budget. Later requests wait until the budget suffices
     * again.
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
