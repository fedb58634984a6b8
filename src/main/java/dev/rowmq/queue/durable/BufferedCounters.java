package dev.rowmq.queue.durable;

import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.store.upkeep.Upkeep;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.stereotype.Component;

/**
 * Counts of events that change no message (refusals, calls), collected here and written together once a second. A crash
 * loses the counts of the last second.
 */
@Component
public class BufferedCounters {

    private final Map<Integer, QueueCounts> gathered = new ConcurrentHashMap<>();

    public void add(int queueId, QueueCounts counts) {
        gathered.merge(queueId, counts, QueueCounts::plus);
    }

    public void write(Upkeep upkeep) {
        Map<Integer, QueueCounts> taken = new HashMap<>();
        for (int queueId : gathered.keySet()) {
            QueueCounts counts = gathered.remove(queueId);
            if (counts != null) {
                taken.put(queueId, counts);
            }
        }
        if (taken.isEmpty()) {
            return;
        }
        try {
            upkeep.count(taken);
        } catch (RuntimeException notNow) {
            taken.forEach(this::add);
            throw notNow;
        }
    }
}
