package dev.rowmq.store.memory;

import dev.rowmq.message.MessageKey;
import dev.rowmq.message.Processed;
import dev.rowmq.store.MessageStore.Sent;

import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The ids that producers gave, and what became of their messages. Of those that are done with, the last {@value #MOST} are kept. */
final class GivenIds {

    private static final int MOST = 200_000;

    private static final class Given {

        final Sent.Known first;
        Instant processedAt;
        /** Null while its message is there. */
        Instant forgetAt;

        Given(Sent.Known first) {
            this.first = first;
        }
    }

    private final Map<String, Given> given = new LinkedHashMap<>();

    Optional<Sent.Known> find(String id, Instant now) {
        Given known = given.get(id);
        if (known != null && known.forgetAt != null && !known.forgetAt.isAfter(now)) {
            given.remove(id);
            return Optional.empty();
        }
        return Optional.ofNullable(known).map(one -> one.first);
    }

    void add(String id, Sent.Known first) {
        given.putIfAbsent(id, new Given(first));
        if (given.size() > MOST) {
            Iterator<Given> oldest = given.values().iterator();
            while (given.size() > MOST && oldest.hasNext()) {
                if (oldest.next().forgetAt != null) {
                    oldest.remove();
                }
            }
        }
    }

    /** Its message is over. */
    void release(String id, MessageKey key, Instant forgetAt) {
        Given known = given.get(id);
        if (known != null && known.first.key().equals(key)) {
            known.forgetAt = forgetAt;
        }
    }

    /** Its message was dealt with. An id that nobody gave is noted too. */
    void processed(String id, MessageKey key, Instant now, Instant forgetAt) {
        Given known = given.computeIfAbsent(id, any -> new Given(new Sent.Known(key, new byte[0], now, now)));
        if (known.first.key().equals(key)) {
            known.processedAt = known.processedAt == null ? now : known.processedAt;
            known.forgetAt = forgetAt;
        }
    }

    Optional<Processed> processed(String id) {
        return Optional.ofNullable(given.get(id))
                .filter(known -> known.processedAt != null)
                .map(known -> new Processed(id, known.first.enqueuedAt(), known.processedAt));
    }

    Optional<MessageKey> key(String id) {
        return Optional.ofNullable(given.get(id)).map(known -> known.first.key());
    }

    void forget(Instant now) {
        given.values().removeIf(known -> known.forgetAt != null && !known.forgetAt.isAfter(now));
    }
}
