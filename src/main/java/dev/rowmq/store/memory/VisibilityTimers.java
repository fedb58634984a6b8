package dev.rowmq.store.memory;

import dev.rowmq.model.queue.QueueCounter;

import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * When messages that are delayed or in flight are to be looked at again. What changed since its alarm was set is passed
 * over.
 */
final class VisibilityTimers {

    /** Alarms that there may be beyond what is held, before stale ones are thrown out. */
    private static final int SPARE = 1024;

    private record Alarm(Instant at, long position, long token, QueueCounter level) {}

    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>(Comparator.comparing(Alarm::at));
    private final Map<Long, InMemoryMessage> held;

    /** @param held the messages by position, those that are gone not among them */
    VisibilityTimers(Map<Long, InMemoryMessage> held) {
        this.held = held;
    }

    /** Only the last alarm that is set for a message counts. */
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
     * The next message whose time has come; null = none. Its {@link InMemoryMessage#visibleAt} is that time from now
     * on.
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
