package dev.rowmq.store.memory;

import dev.rowmq.model.queue.QueueCounter;

import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * The times at which messages that are delayed or in flight must be checked. A timer is skipped when the message has
 * got another one since, or none.
 */
final class VisibilityTimers {

    /** Number of timers allowed beyond twice the number of messages, before stale timers are removed. */
    private static final int SPARE = 1024;

    private record Timer(Instant at, long position, long token, QueueCounter level) {}

    private final PriorityQueue<Timer> timers = new PriorityQueue<>(Comparator.comparing(Timer::at));
    private final Map<Long, InMemoryMessage> held;

    /** @param held the stored messages by position */
    VisibilityTimers(Map<Long, InMemoryMessage> held) {
        this.held = held;
    }

    /** Sets a message's timer, which replaces the one before. */
    void set(InMemoryMessage message, Instant at) {
        Timer timer = new Timer(at, message.key.position(), message.token, message.level);
        if (timer.equals(message.timer)) {
            // an extend that changes nothing
            return;
        }
        message.timer = timer;
        timers.add(timer);
        if (timers.size() > 2 * held.size() + SPARE) {
            timers.removeIf(this::stale);
        }
    }

    /**
     * Returns the next message whose timer is due; null = none. Its {@link InMemoryMessage#visibleAt} is set to the
     * time of the timer.
     */
    InMemoryMessage due(Instant now) {
        while (!timers.isEmpty() && !timers.peek().at().isAfter(now)) {
            Timer timer = timers.remove();
            if (!stale(timer)) {
                InMemoryMessage message = held.get(timer.position());
                message.visibleAt = timer.at();
                message.timer = null;
                return message;
            }
        }
        return null;
    }

    private boolean stale(Timer timer) {
        InMemoryMessage message = held.get(timer.position());
        return message == null || message.timer != timer;
    }
}
