package dev.rowmq.store.memory;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.FairShare;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.EndReason;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.memory.limit.MemoryUsage;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The messages, dead letters and ids of one queue, with their counts and their share of the memory in use. A message
 * leaves a queue through a method of this class.
 */
final class InMemoryContents {

    /** A message that becomes a dead letter. */
    record EndedMessage(InMemoryMessage message, DeadLetter.Reason reason, Optional<String> error) {

        /** The dead letter as a message of another queue. */
        InMemoryMessage moved(DeadLetterTarget.OtherQueue target, long position, Instant now) {
            return new InMemoryMessage(
                    new MessageKey(target.queueId(), target.settings().level(message.key.priority()), position),
                    Optional.of(message.shownId()),
                    message.body,
                    DeadLetter.withOrigin(
                            message.metadata,
                            target.fromName(),
                            reason,
                            message.deliveries,
                            error.orElse(message.lastError)),
                    now,
                    now,
                    now.plus(target.settings().retention()));
        }
    }

    /**
     * The target of the dead letters of an operation.
     *
     * @param ownList whether they go into the queue's own list
     * @param ended   collects the dead letters for another queue otherwise
     */
    record DeadLetterSink(boolean ownList, List<EndedMessage> ended) {}

    private final MemoryUsage usage;
    private final MonotonicClock clock;
    /** By position. */
    final NavigableMap<Long, InMemoryMessage> messages = new TreeMap<>();

    final InMemoryGroups groups = new InMemoryGroups();
    final InMemoryDeadLetters deadLetters = new InMemoryDeadLetters();
    final InMemoryProcessedIds ids;
    /** Indexed by the ordinal of {@link QueueCounter}. */
    private final long[] counts = new long[QueueCounter.values().length];
    /** Messages in flight of each group that has any. */
    private final Map<String, Integer> inFlight = new HashMap<>();
    private QueueSettings settings = QueueSettings.DEFAULT;
    private boolean fifo;

    InMemoryContents(MemoryUsage usage, MonotonicClock clock) {
        this.usage = usage;
        this.clock = clock;
        this.ids = new InMemoryProcessedIds(usage);
    }

    QueueSettings settings() {
        return settings;
    }

    void settings(QueueSettings current) {
        settings = current;
        fifo |= current.fifo().isPresent();
    }

    QueueCounts counts() {
        return QueueCounts.of(counts);
    }

    void count(QueueCounter counter, long change) {
        counts[counter.ordinal()] += change;
    }

    /** Sets the level of a message, which is the count that includes it; null = none. */
    void move(InMemoryMessage message, QueueCounter to) {
        if (message.level != null) {
            count(message.level, -1);
        }
        if (message.level == QueueCounter.IN_FLIGHT != (to == QueueCounter.IN_FLIGHT)) {
            int change = to == QueueCounter.IN_FLIGHT ? 1 : -1;
            message.group().ifPresent(group -> inFlight.merge(
                    group, change, (one, other) -> one + other == 0 ? null : one + other));
        }
        if (to != null) {
            count(to, 1);
        }
        message.level = to;
    }

    /** The noisy groups, see {@link FairShare}. */
    Set<String> noisyGroups() {
        return inFlight.isEmpty() ? Set.of() : FairShare.noisy(inFlight, counts[QueueCounter.IN_FLIGHT.ordinal()]);
    }

    /** Removes a message, and its bytes from the memory in use. */
    void take(InMemoryMessage message) {
        messages.remove(message.key.position());
        usage.release(message.size());
        move(message, null);
        if (isFifo()) {
            groups.removed(message);
        }
    }

    boolean isFifo() {
        return fifo;
    }

    /** Records that this is a FIFO queue, which the first message may tell before the settings are known. */
    void fifo() {
        fifo = true;
    }

    /** Removes a message that ends without an ack. */
    void end(InMemoryMessage message, EndReason reason) {
        take(message);
        forgetLater(message, Optional.of(reason));
    }

    /** Ends an expired message, as a dead letter when the settings say so. */
    void expire(InMemoryMessage message, DeadLetterSink sink) {
        count(QueueCounter.EXPIRED, 1);
        if (settings.deadLetterExpired()) {
            deadLetter(message, DeadLetter.Reason.EXPIRED, Optional.empty(), sink);
        } else {
            end(message, EndReason.EXPIRED);
        }
    }

    /** Makes a message a dead letter. */
    void deadLetter(
            InMemoryMessage message, DeadLetter.Reason reason, Optional<String> error, DeadLetterSink sink) {
        take(message);
        count(QueueCounter.DEAD_LETTERED, 1);
        EndedMessage ended = new EndedMessage(message, reason, error);
        if (sink.ownList()) {
            addDeadLetter(ended);
        } else {
            sink.ended().add(ended);
            forgetLater(message, Optional.empty());
        }
    }

    /** Adds a dead letter to the queue's own list. */
    void addDeadLetter(EndedMessage ended) {
        usage.account(ended.message().size());
        deadLetters.add(ended.message(), ended.message().deadLetter(ended.reason(), ended.error(), clock.now()));
        count(QueueCounter.DEAD, 1);
    }

    /** Removes the dead letters with these ids for good. Returns their number. */
    int deleteDeadLetters(List<String> some) {
        return delete(deadLetters.find(some));
    }

    /** As {@link #deleteDeadLetters}, for the first {@code max} dead letters. */
    int deleteFirstDeadLetters(int max) {
        return delete(deadLetters.first(max));
    }

    /** As {@link #deleteDeadLetters}, for some of the dead letters whose retention is over. */
    void deleteOldDeadLetters() {
        delete(deadLetters.before(clock.now().minus(settings.deadLetterRetention())));
    }

    private int delete(List<InMemoryDeadLetters.KeptDeadLetter> some) {
        some.forEach(dead -> {
            takeDeadLetter(dead);
            forgetLater(dead.message(), Optional.of(EndReason.DELETED));
        });
        return some.size();
    }

    /** Removes a dead letter from the queue's own list, and its bytes from the memory in use. */
    void takeDeadLetter(InMemoryDeadLetters.KeptDeadLetter dead) {
        deadLetters.remove(dead);
        usage.release(dead.message().size());
        count(QueueCounter.DEAD, -1);
    }

    private void forgetLater(InMemoryMessage message, Optional<EndReason> reason) {
        message.id.ifPresent(id -> ids.end(id, message.key, clock.now().plus(settings.processedRetention()), reason));
    }

    /** Removes everything. */
    void clear() {
        List.copyOf(messages.values()).forEach(this::take);
        deadLetters.first(Integer.MAX_VALUE).forEach(this::takeDeadLetter);
        ids.clear();
        groups.clear();
    }
}
