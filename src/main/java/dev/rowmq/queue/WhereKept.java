package dev.rowmq.queue;

import dev.rowmq.message.Queue;

import org.springframework.stereotype.Component;

/** Which contents a queue has: those in the database, or those in this instance's memory. */
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
