package dev.rowmq.store.memory;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.DeadLetter;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** A queue's own list of dead letters, in the order in which the messages were sent. */
final class InMemoryDeadLetters {

    /** A dead letter, and the message from which it was made. */
    record Coffin(InMemoryMessage entry, DeadLetter letter) {}

    private final NavigableMap<Long, Coffin> coffins = new TreeMap<>();
    /** Positions by id. Several dead letters may have one id: a dead letter of another queue keeps its own. */
    private final Map<String, NavigableSet<Long>> positions = new HashMap<>();

    void add(InMemoryMessage entry, DeadLetter letter) {
        coffins.put(entry.key.position(), new Coffin(entry, letter));
        positions.computeIfAbsent(letter.id(), any -> new TreeSet<>()).add(entry.key.position());
    }

    Page<DeadLetter> page(int limit, Optional<String> after) {
        List<DeadLetter> letters = new ArrayList<>();
        Long last = null;
        for (Coffin coffin : coffins.tailMap(after.map(Long::parseLong).orElse(-1L), false).values()) {
            if (letters.size() == limit) {
                return new Page<>(letters, Optional.of(Long.toString(last)));
            }
            letters.add(coffin.letter());
            last = coffin.entry().key.position();
        }
        return new Page<>(letters, Optional.empty());
    }

    /** Returns the dead letter with this id; of several the newest. */
    Optional<Coffin> find(String id) {
        return Optional.ofNullable(positions.get(id)).map(NavigableSet::last).map(coffins::get);
    }

    List<Coffin> first(int most) {
        return coffins.values().stream().limit(most).toList();
    }

    List<Coffin> before(Instant when) {
        return coffins.values().stream().filter(coffin -> coffin.letter().deadAt().isBefore(when)).limit(1000).toList();
    }

    void remove(Coffin coffin, InMemoryMessageStore store) {
        coffins.remove(coffin.entry().key.position());
        positions.computeIfPresent(coffin.letter().id(), (id, all) -> all.remove(coffin.entry().key.position())
                && all.isEmpty() ? null : all);
        store.release(coffin.entry().size());
    }

    void drop(InMemoryMessageStore store) {
        List.copyOf(coffins.values()).forEach(coffin -> remove(coffin, store));
    }
}
