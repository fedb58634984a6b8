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

    private record Alarm(Instant at, long position, long token, QueueCounter level) {}

    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>(Comparator.comparing(Alarm::at));
    private final Map<Long, InMemoryMessage> held;

    /** @param held the stored messages by position */
    VisibilityTimers(Map<Long, InMemoryMessage> held) {
        this.held = held;
    }

    /** Sets a message's timer, which replaces the one before. */
    void set(InMemoryMessage entry, Instant at) {
        Alarm alarm = new Alarm(at, entry.key.position(), entry.token, entry.level);
        if (alarm.equals(entry.alarm)) {
            // an extend that changes nothing
            return;
        }
        entry.alarm = alarm;
        alarms.add(alarm);
        if (alarms.size() > 2 * held.size() + SPARE) {
            alarms.removeIf(this::stale);
        }
    }

    /**
     * Returns the next message whose timer is due; null = none. Its {@link InMemoryMessage#visibleAt} is set to the
     * time of the timer.
     */
    InMemoryMessage due(Instant now) {
        while (!alarms.isEmpty() && !alarms.peek().at().isAfter(now)) {
            Alarm alarm = alarms.remove();
            if (!stale(alarm)) {
                InMemoryMessage entry = held.get(alarm.position());
                entry.visibleAt = alarm.at();
                entry.alarm = null;
                return entry;
            }
        }
        return null;
    }

    private boolean stale(Alarm alarm) {
        InMemoryMessage entry = held.get(alarm.position());
        return entry == null || entry.alarm != alarm;
    }
}
