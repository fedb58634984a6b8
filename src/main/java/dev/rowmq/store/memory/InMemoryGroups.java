package dev.rowmq.store.memory;

import dev.rowmq.model.queue.QueueCounter;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * The message groups of a FIFO queue. A group is a candidate for a claim from the time at which one of its messages
 * came, changed or went until a claim looks at it.
 */
final class InMemoryGroups {

    /** The messages of each group by position, in every state. */
    private final Map<String, NavigableMap<Long, InMemoryMessage>> members = new HashMap<>();

    /** Number of first messages of a group among which those in flight are looked for. */
    private static final int HEAD = 1000;

    private final Set<String> candidates = new LinkedHashSet<>();

    /** Records that a message came, or that its state changed. */
    void changed(InMemoryMessage message) {
        message.group().ifPresent(group -> {
            members.computeIfAbsent(group, any -> new TreeMap<>()).put(message.key.position(), message);
            candidates.add(group);
        });
    }

    void removed(InMemoryMessage message) {
        message.group().ifPresent(group -> {
            NavigableMap<Long, InMemoryMessage> own = members.get(group);
            if (own != null) {
                own.remove(message.key.position());
                if (own.isEmpty()) {
                    members.remove(group);
                    candidates.remove(group);
                } else {
                    candidates.add(group);
                }
            }
        });
    }

    /** The ready messages at the head of the next candidate, at most {@code max}; empty when no group has any. */
    List<InMemoryMessage> next(int max) {
        while (!candidates.isEmpty()) {
            String group = candidates.iterator().next();
            candidates.remove(group);
            List<InMemoryMessage> free = new ArrayList<>();
            for (InMemoryMessage message : members.get(group).values()) {
                if (message.level != QueueCounter.READY || free.size() == max) {
                    break;
                }
                free.add(message);
            }
            // as in the database: what another receiver has in flight is among the first messages
            boolean held = members.get(group).values().stream()
                    .limit(HEAD)
                    .anyMatch(message -> message.level == QueueCounter.IN_FLIGHT);
            if (!held && !free.isEmpty()) {
                return free;
            }
        }
        return List.of();
    }

    void clear() {
        members.clear();
        candidates.clear();
    }
}
