package dev.rowmq.queue;

import dev.rowmq.message.Queue;

import org.springframework.stereotype.Component;

/** The one place that says where the contents of a queue are looked at: in the database, or in this instance's memory. */
@Component
class WhereKept {

    private final StoredContents stored;
    private final MemoryContents inMemory;

    WhereKept(StoredContents stored, MemoryContents inMemory) {
        this.stored = stored;
        this.inMemory = inMemory;
    }

    Contents contents(Queue queue) {
        return queue.inMemory() ? inMemory : stored;
    }
}
