package dev.rowmq.model.queue;

import java.time.Instant;

/**
 * A queue with its present settings.
 *
 * @param id     number of the queue, never reused, even when a later queue has the same name
 * @param levels the highest number of priorities that the queue ever had: messages of those levels may still exist
 * @param paused while true, receivers get no messages
 */
public record Queue(int id, String name, QueueSettings settings, int levels, boolean paused, Instant createdAt) {

    /** Whether the messages are in the memory of instances and end with their process. */
    public boolean inMemory() {
        return settings.storage() == Storage.MEMORY;
    }
}
