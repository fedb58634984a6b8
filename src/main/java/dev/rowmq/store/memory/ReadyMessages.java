package dev.rowmq.store.memory;

import dev.rowmq.model.queue.QueueCounter;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The messages of a queue that are ready, in the order of sending within each priority: a ring for those that were just
 * sent, and beside it, by position, those that came back. One that is not ready any more may still stand here, and is
 * passed over.
 */
final class ReadyMessages {

    private static final int LEVELS = 10;

    private final List<Deque<InMemoryMessage>> rings = new ArrayList<>();
    private final List<NavigableMap<Long, InMemoryMessage>> back = new ArrayList<>();

    ReadyMessages() {
        for (int level = 0; level < LEVELS; level++) {
            rings.add(new ArrayDeque<>());
            back.add(new TreeMap<>());
        }
    }

    /** One behind which none stands. */
    void sent(InMemoryMessage entry) {
        rings.get(entry.key.priority()).addLast(entry);
    }

    void cameBack(InMemoryMessage entry) {
        back.get(entry.key.priority()).put(entry.key.position(), entry);
    }

    /** Takes out the first of a level; null = there is none. */
    InMemoryMessage next(int level) {
        Deque<InMemoryMessage> ring = rings.get(level);
        while (!ring.isEmpty() && ring.peekFirst().level != QueueCounter.READY) {
            ring.removeFirst();
        }
        NavigableMap<Long, InMemoryMessage> returned = back.get(level);
        while (!returned.isEmpty() && returned.firstEntry().getValue().level != QueueCounter.READY) {
            returned.pollFirstEntry();
        }
        if (!returned.isEmpty() && (ring.isEmpty() || returned.firstKey() < ring.peekFirst().key.position())) {
            return returned.pollFirstEntry().getValue();
        }
        return ring.pollFirst();
    }

    /** Takes out those of all levels for which this is true, and may change them. */
    void removeIf(Predicate<InMemoryMessage> over) {
        rings.forEach(ring -> ring.removeIf(over));
        back.forEach(returned -> returned.values().removeIf(over));
    }

    /** When the first was sent. */
    Optional<Instant> oldest() {
        return Stream.concat(rings.stream(), back.stream().map(NavigableMap::values))
                .flatMap(ready -> ready.stream().filter(entry -> entry.level == QueueCounter.READY).limit(1))
                .map(entry -> entry.enqueuedAt)
                .min(Comparator.naturalOrder());
    }
}
