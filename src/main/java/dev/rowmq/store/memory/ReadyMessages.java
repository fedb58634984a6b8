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
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The ready messages of a queue, in the order of sending within each priority: a ring of the messages that were just
 * sent, and a map by position of the messages that became ready later. A message that is not ready any more may still
 * be in either, and is skipped. Messages of noisy groups are set aside when it is their turn, until no others are left.
 */
final class ReadyMessages {

    private static final int LEVELS = 10;

    /** Messages that are set aside at once at most; after them one of a noisy group may come. */
    private static final int MAX_PASSED = 5000;

    private final List<Deque<InMemoryMessage>> rings = new ArrayList<>();
    private final List<NavigableMap<Long, InMemoryMessage>> back = new ArrayList<>();
    /** Messages of noisy groups, by position, of a queue with one priority. */
    private NavigableMap<Long, InMemoryMessage> aside = new TreeMap<>();

    private Set<String> noisy = Set.of();

    ReadyMessages() {
        for (int level = 0; level < LEVELS; level++) {
            rings.add(new ArrayDeque<>());
            back.add(new TreeMap<>());
        }
    }

    /** Adds a message with the greatest position of its priority. */
    void sent(InMemoryMessage message) {
        rings.get(message.key.priority()).addLast(message);
    }

    void cameBack(InMemoryMessage message) {
        back.get(message.key.priority()).put(message.key.position(), message);
    }

    /** From now on, the messages of these groups come after all others; none in a queue with several priorities. */
    void passOver(Set<String> groups) {
        boolean fewer = !groups.containsAll(noisy);
        noisy = groups;
        if (fewer) {
            NavigableMap<Long, InMemoryMessage> returned = back.getFirst();
            boolean most = aside.size() > returned.size();
            (most ? aside : returned).putAll(most ? returned : aside);
            back.set(0, most ? aside : returned);
            aside = new TreeMap<>();
        }
    }

    /** Whether messages of some groups come after all others. */
    boolean passesOver() {
        return !noisy.isEmpty();
    }

    /**
     * Takes out the message of a level that comes next; null = there is none.
     *
     * @param inOrder whether messages of noisy groups come in the order of sending too
     */
    InMemoryMessage next(int level, boolean inOrder) {
        return inOrder ? nextInOrder(level) : next(level);
    }

    private InMemoryMessage nextInOrder(int level) {
        while (!aside.isEmpty() && aside.firstEntry().getValue().level != QueueCounter.READY) {
            aside.pollFirstEntry();
        }
        InMemoryMessage message = first(level);
        if (aside.isEmpty() || message != null && message.key.position() < aside.firstKey()) {
            return message;
        }
        if (message != null) {
            cameBack(message);
        }
        return aside.pollFirstEntry().getValue();
    }

    private InMemoryMessage next(int level) {
        InMemoryMessage message = first(level);
        for (int passed = 0;
                message != null && passed < MAX_PASSED && message.group().filter(noisy::contains).isPresent();
                passed++) {
            aside.put(message.key.position(), message);
            message = first(level);
        }
        while (message == null && !aside.isEmpty()) {
            InMemoryMessage waiting = aside.pollFirstEntry().getValue();
            message = waiting.level == QueueCounter.READY ? waiting : null;
        }
        return message;
    }

    private InMemoryMessage first(int level) {
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

    /** Takes out the messages of all levels that match. The predicate may change them. */
    void removeIf(Predicate<InMemoryMessage> over) {
        rings.forEach(ring -> ring.removeIf(over));
        back.forEach(returned -> returned.values().removeIf(over));
        aside.values().removeIf(over);
    }

    /** The time at which the first ready message was sent. */
    Optional<Instant> oldest() {
        return Stream.of(rings.stream(), back.stream().map(NavigableMap::values), Stream.of(aside.values()))
                .flatMap(ready -> ready)
                .flatMap(ready -> ready.stream().filter(message -> message.level == QueueCounter.READY).limit(1))
                .map(message -> message.enqueuedAt)
                .min(Comparator.naturalOrder());
    }
}
