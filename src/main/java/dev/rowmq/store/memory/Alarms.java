package dev.rowmq.store.memory;

import dev.rowmq.model.queue.Figure;

import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;

/** When messages that are delayed or in flight are to be looked at again. What changed since its alarm was set is passed over. */
final class Alarms {

    /** Alarms that there may be beyond what is held, before stale ones are thrown out. */
    private static final int SPARE = 1024;

    private record Alarm(Instant at, long position, long token, Figure level) {}

    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>(Comparator.comparing(Alarm::at));
    private final Map<Long, Entry> held;

    /** @param held the messages by position, those that are gone not among them */
    Alarms(Map<Long, Entry> held) {
        this.held = held;
    }

    /** Only the last alarm that is set for a message counts. */
    void set(Entry entry, Instant at) {
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

    /** The next message whose time has come; null = none. Its {@link Entry#visibleAt} is that time from now on. */
    Entry due(Instant now) {
        while (!alarms.isEmpty() && !alarms.peek().at().isAfter(now)) {
            Alarm alarm = alarms.remove();
            if (!stale(alarm)) {
                Entry entry = held.get(alarm.position());
                entry.visibleAt = alarm.at();
                entry.alarm = null;
                return entry;
            }
        }
        return null;
    }

    private boolean stale(Alarm alarm) {
        Entry entry = held.get(alarm.position());
        return entry == null || entry.alarm != alarm;
    }
}
