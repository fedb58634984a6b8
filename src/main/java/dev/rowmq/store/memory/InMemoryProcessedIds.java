package dev.rowmq.store.memory;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.EndReason;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.memory.limit.MemoryUsage;

import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The ids that producers gave, with the outcomes of their messages. An id whose message has ended is removed after its
 * retention, or when there are more than {@value #MAX_IDS} such ids, the oldest first. These ids do not count towards
 * the memory limit of queues.
 */
final class InMemoryProcessedIds {

    private static final int MAX_IDS = 100_000;
    /** Approximate bytes of memory for each id. */
    private static final int BYTES = 300;

    /**
     * An id whose message has ended.
     *
     * @param processedAt null when the message was not acked
     */
    private record EndedId(
            SendOutcome.Duplicate first, Instant processedAt, Instant forgetAt, Optional<EndReason> ended) {

        SendOutcome.Duplicate asFirst() {
            return new SendOutcome.Duplicate(
                    first.key(), first.bodyHash(), first.enqueuedAt(), first.visibleAt(), ended);
        }
    }

    private final MemoryUsage usage;
    private final Map<String, SendOutcome.Duplicate> open = new HashMap<>();
    /** In the order in which their messages ended. */
    private final Map<String, EndedId> done = new LinkedHashMap<>();

    InMemoryProcessedIds(MemoryUsage usage) {
        this.usage = usage;
    }

    Optional<SendOutcome.Duplicate> find(String id, Instant now) {
        EndedId known = done.get(id);
        if (known != null && !known.forgetAt().isAfter(now)) {
            done.remove(id);
            known = null;
        }
        return known != null ? Optional.of(known.asFirst()) : Optional.ofNullable(open.get(id));
    }

    /** Adds an id, unless another message has it. */
    void add(String id, SendOutcome.Duplicate first) {
        if (!done.containsKey(id) && open.putIfAbsent(id, first) == null) {
            usage.account(BYTES);
        }
    }

    /**
     * Records that the message ended without an ack.
     *
     * @param ended empty = it was moved to another queue
     */
    void end(String id, MessageKey key, Instant forgetAt, Optional<EndReason> ended) {
        SendOutcome.Duplicate first = open.get(id);
        if (first != null && first.key().equals(key)) {
            close(id);
            finish(id, new EndedId(first, null, forgetAt, ended));
        }
    }

    /**
     * Records that the message was processed. An id that no producer gave is recorded too, but not for two messages.
     */
    void processed(String id, MessageKey key, Instant now, Instant forgetAt) {
        EndedId before = done.get(id);
        SendOutcome.Duplicate first = before != null ? before.first() : open.get(id);
        if (first == null) {
            first = new SendOutcome.Duplicate(key, new byte[0], now, now, Optional.empty());
        }
        if (first.key().equals(key)) {
            close(id);
            done.remove(id);
            finish(
                    id,
                    new EndedId(
                            first,
                            before != null && before.processedAt() != null ? before.processedAt() : now,
                            forgetAt,
                            Optional.empty()));
        }
    }

    private void finish(String id, EndedId what) {
        done.put(id, what);
        if (done.size() > MAX_IDS) {
            done.remove(done.keySet().iterator().next());
        }
    }

    private void close(String id) {
        if (open.remove(id) != null) {
            usage.account(-BYTES);
        }
    }

    Optional<ProcessedId> processed(String id) {
        return Optional.ofNullable(done.get(id))
                .filter(known -> known.processedAt() != null)
                .map(known -> new ProcessedId(id, known.first().enqueuedAt(), known.processedAt()));
    }

    /** The key of the message with this id, whether it is stored or has ended. */
    Optional<MessageKey> key(String id) {
        return Optional.ofNullable(open.get(id))
                .or(() -> Optional.ofNullable(done.get(id)).map(EndedId::first))
                .map(SendOutcome.Duplicate::key);
    }

    /**
     * Removes ids whose retention is over, in the order in which their messages ended, and stops at the first id to
     * keep.
     */
    void forget(Instant now) {
        Iterator<EndedId> oldest = done.values().iterator();
        while (oldest.hasNext() && !oldest.next().forgetAt().isAfter(now)) {
            oldest.remove();
        }
    }

    void clear() {
        usage.account(-(long) BYTES * open.size());
        open.clear();
        done.clear();
    }
}
