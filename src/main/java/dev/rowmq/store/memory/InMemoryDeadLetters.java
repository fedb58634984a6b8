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
    record KeptDeadLetter(InMemoryMessage message, DeadLetter letter) {}

    private final NavigableMap<Long, KeptDeadLetter> letters = new TreeMap<>();
    /** Positions by id. Several dead letters may have one id: a dead letter of another queue keeps its own. */
    private final Map<String, NavigableSet<Long>> positions = new HashMap<>();

    void add(InMemoryMessage message, DeadLetter letter) {
        letters.put(message.key.position(), new KeptDeadLetter(message, letter));
        positions.computeIfAbsent(letter.id(), any -> new TreeSet<>()).add(message.key.position());
    }

    Page<DeadLetter> page(int limit, Optional<String> after) {
        List<DeadLetter> page = new ArrayList<>();
        Long last = null;
        for (KeptDeadLetter dead : letters.tailMap(after.map(Long::parseLong).orElse(-1L), false).values()) {
            if (page.size() == limit) {
                return new Page<>(page, Optional.of(Long.toString(last)));
            }
            page.add(dead.letter());
            last = dead.message().key.position();
        }
        return new Page<>(page, Optional.empty());
    }

    /** Returns the dead letter with this id; of several the newest. */
    Optional<KeptDeadLetter> find(String id) {
        return Optional.ofNullable(positions.get(id)).map(NavigableSet::last).map(letters::get);
    }

    /** As {@link #find(String)}, for several ids. */
    List<KeptDeadLetter> find(List<String> ids) {
        return ids.stream().distinct().flatMap(id -> find(id).stream()).toList();
    }

    List<KeptDeadLetter> first(int most) {
        return letters.values().stream().limit(most).toList();
    }

    List<KeptDeadLetter> before(Instant when) {
        return letters.values().stream().filter(dead -> dead.letter().deadAt().isBefore(when)).limit(1000).toList();
    }

    void remove(KeptDeadLetter dead) {
        letters.remove(dead.message().key.position());
        positions.computeIfPresent(dead.letter().id(), (id, all) -> all.remove(dead.message().key.position())
                && all.isEmpty() ? null : all);
    }
}
