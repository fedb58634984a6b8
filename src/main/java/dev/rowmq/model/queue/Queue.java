package dev.rowmq.model.queue;

import java.time.Instant;

/**
 * A queue as it stands.
 *
 * @param id     its number, never used again for another queue, also when the name is
 * @param levels the most priorities that the queue ever had: messages of those levels may still be there
 * @param paused receivers get nothing while it is
 */
public record Queue(int id, String name, QueueSettings settings, int levels, boolean paused, Instant createdAt) {

    /** Whether its messages are in the memory of instances, and end with them. */
    public boolean inMemory() {
        return settings.storage() == Storage.MEMORY;
    }
}
