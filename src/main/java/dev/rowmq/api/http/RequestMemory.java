package dev.rowmq.api.http;

import jakarta.servlet.http.HttpServletRequest;

/** The bytes that one request holds of the {@link MemoryBudget} until its response is written. */
public final class RequestMemory implements AutoCloseable {

    private static final String ATTRIBUTE = RequestMemory.class.getName();

    private final MemoryBudget budget;
    private long bytes;

    private RequestMemory(MemoryBudget budget) {
        this.budget = budget;
    }

    /** Begins to count for a request. The caller must close it after the response. */
    public static RequestMemory begin(MemoryBudget budget, HttpServletRequest request) {
        RequestMemory memory = new RequestMemory(budget);
        request.setAttribute(ATTRIBUTE, memory);
        return memory;
    }

    public static RequestMemory of(HttpServletRequest request) {
        return (RequestMemory) request.getAttribute(ATTRIBUTE);
    }

    /** As {@link MemoryBudget#reserve}; with 0 bytes it only waits while the budget is exceeded. */
    public void reserve(long more) {
        budget.reserve(more);
        bytes += more;
    }

    /** As {@link MemoryBudget#take}. */
    public void take(long more) {
        budget.take(more);
        bytes += more;
    }

    @Override
    public void close() {
        if (bytes > 0) {
            budget.giveBack(bytes);
        }
    }
}
