package dev.rowmq.store.memory;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.EndReason;
import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.memory.InMemoryContents.DeadLetterSink;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The messages of one queue. Ready messages are also in {@link ReadyMessages}; delayed messages and messages in flight
 * have a timer in {@link VisibilityTimers}. All methods must be called by one thread at a time.
 */
final class InMemoryQueue {

    private static final long MAX_BYTES = 32L * 1024 * 1024;
    private static final long LOOK_AGAIN_MILLIS = 500;
    private static final Duration SHARES_INTERVAL = Duration.ofSeconds(1);

    /** Of so many claims of a queue with a noisy group, at most one is made in the order of sending only. */
    private static final int CLAIMS_PER_IN_ORDER = 4;

    private final int id;
    private final InMemoryMessageStore store;
    private final InMemoryContents contents;
    private final ReadyMessages ready = new ReadyMessages();
    private final VisibilityTimers timers;

    /** No stored message expires before this time. */
    private Instant nextExpiry = Instant.MAX;

    /** When the noisy groups are found anew. */
    private Instant sharesDue = Instant.MIN;

    /** When a claim may be made in the order of sending while groups are noisy. */
    private Instant inOrderDue = Instant.MIN;

    /** Claims since the last one in the order of sending. */
    private int claimsPassingOver;

    private boolean dropped;

    InMemoryQueue(int id, InMemoryMessageStore store) {
        this.id = id;
        this.store = store;
        this.contents = new InMemoryContents(store.usage, store.clock);
        this.timers = new VisibilityTimers(contents.messages);
    }

    InMemoryContents contents() {
        return contents;
    }

    /** Whether the queue is deleted and must not be used any more. */
    boolean dropped() {
        return dropped;
    }

    SendOutcome send(MessageRow row, Instant now, long most) {
        row.group().ifPresent(any -> contents.fifo());
        if (row.recordedId().isPresent()) {
            Optional<SendOutcome.Duplicate> known = contents.ids.find(row.recordedId().get(), now);
            if (known.isPresent()) {
                contents.count(QueueCounter.DUPLICATES, known.get().repeats(row) ? 1 : 0);
                return known.get();
            }
        }
        if (contents.messages.size() >= most) {
            return row.capacity() == 0
                    ? new SendOutcome.NoRoom(
                            "queues in memory hold %d messages at most (rowmq.memory.messages)".formatted(most))
                    : new SendOutcome.QueueFull(contents.messages.size());
        }
        // a delivery time becomes a delay by the system clock: the clock of this process never jumps, and may be off
        Duration backoff = row.deliverAt().map(at -> Duration.between(Instant.now(), at)).orElse(row.delay());
        Instant visible = backoff.isNegative() ? now : now.plus(backoff);
        InMemoryMessage message = new InMemoryMessage(
                new MessageKey(id, row.priority(), store.nextPosition()),
                row.id(),
                row.body(),
                row.metadata(),
                now,
                visible,
                visible.plus(row.life()));
        if (!store.usage.reserve(message.size())) {
            return new SendOutcome.NoRoom(store.usage.noRoom(message.size()));
        }
        row.recordedId().ifPresent(given -> contents.ids.add(given,
                new SendOutcome.Duplicate(message.key, row.bodyHash(), now, visible, Optional.empty())));
        row.deduplicationKey().filter(key -> row.id().isEmpty())
                .ifPresent(key -> contents.ids.end(
                        key, message.key, now.plus(FifoRules.DEDUPLICATION_WINDOW), Optional.empty()));
        contents.count(QueueCounter.SENT, 1);
        contents.count(QueueCounter.SENT_BYTES, row.body().bytes().length);
        put(message, now, true);
        return new SendOutcome.Accepted(message.key, now, visible, visible.isAfter(now));
    }

    /** Stores a dead letter of another queue as a message. */
    void adopt(InMemoryMessage message, Instant now) {
        contents.count(QueueCounter.SENT, 1);
        contents.count(QueueCounter.SENT_BYTES, message.body.bytes().length);
        contents.ids.add(
                message.shownId(),
                new SendOutcome.Duplicate(message.key, message.body.hash(), now, now, Optional.empty()));
        put(message, now, true);
    }

    /** @param sent whether it was sent just now, so that no message is after it */
    private void put(InMemoryMessage message, Instant now, boolean sent) {
        contents.messages.put(message.key.position(), message);
        nextExpiry = message.expiresAt.isBefore(nextExpiry) ? message.expiresAt : nextExpiry;
        if (message.visibleAt.isAfter(now)) {
            contents.move(message, QueueCounter.DELAYED);
            timers.set(message, message.visibleAt);
            if (contents.isFifo()) {
                contents.groups.changed(message);
            }
        } else {
            contents.move(message, QueueCounter.READY);
            message.timer = null;
            if (contents.isFifo()) {
                contents.groups.changed(message);
            } else if (sent) {
                ready.sent(message);
            } else {
                ready.cameBack(message);
            }
        }
    }

    /** Applies the time-driven changes. Returns the number of messages that became ready. */
    int tick(Instant now, DeadLetterSink sink) {
        int readyNow = 0;
        for (InMemoryMessage message = timers.due(now); message != null; message = timers.due(now)) {
            if (message.level == QueueCounter.IN_FLIGHT && contents.settings().usedUp(message.deliveries)) {
                contents.deadLetter(message, DeadLetter.Reason.MAX_DELIVERIES, Optional.empty(), sink);
                // the next message of its group may be free now
                readyNow += contents.isFifo() ? 1 : 0;
            } else {
                put(message, now, false);
                readyNow++;
            }
        }
        return readyNow;
    }

    /** Ends the ready messages that have expired. Other messages are checked once they are ready. */
    void expire(Instant now, DeadLetterSink sink) {
        if (now.isBefore(nextExpiry)) {
            return;
        }
        if (contents.isFifo()) {
            List.copyOf(contents.messages.values()).forEach(message -> over(message, now, sink));
        } else {
            ready.removeIf(message -> over(message, now, sink));
        }
        nextExpiry = contents.messages.values().stream()
                .map(message -> message.expiresAt)
                .min(Comparator.naturalOrder())
                .orElse(Instant.MAX);
        // a message in flight may have expired already: it is checked when its lease has ended
        nextExpiry = nextExpiry.isAfter(now) ? nextExpiry : now.plusMillis(LOOK_AGAIN_MILLIS);
    }

    /** Ends the message if it is ready and has expired. Returns whether it is not ready now. */
    private boolean over(InMemoryMessage message, Instant now, DeadLetterSink sink) {
        if (message.level == QueueCounter.READY && !message.expiresAt.isAfter(now)) {
            contents.expire(message, sink);
        }
        return message.level != QueueCounter.READY;
    }

    ClaimResult claim(ClaimRequest claim, Instant now, DeadLetterSink sink) {
        long begin = System.nanoTime();
        contents.settings(claim.settings());
        tick(now, sink);
        List<Lease> leases = new ArrayList<>();
        long bytes = 0;
        if (contents.isFifo()) {
            return claimGroups(claim, now, sink);
        }
        if (claim.levels() > 1 || !now.isBefore(sharesDue)) {
            sharesDue = now.plus(SHARES_INTERVAL);
            ready.passOver(claim.levels() == 1 ? contents.noisyGroups() : Set.of());
        }
        boolean inOrder = ready.passesOver() && isInOrder(now);
        for (int level = 0; level < claim.levels() && leases.size() < claim.max() && bytes < MAX_BYTES; level++) {
            InMemoryMessage message = ready.next(level, inOrder);
            while (message != null) {
                if (!message.expiresAt.isAfter(now)) {
                    contents.expire(message, sink);
                } else if (contents.settings().usedUp(message.deliveries)) {
                    contents.deadLetter(message, DeadLetter.Reason.MAX_DELIVERIES, Optional.empty(), sink);
                } else {
                    leases.add(lease(message, claim, now));
                    bytes += message.size();
                }
                message = leases.size() < claim.max() && bytes < MAX_BYTES ? ready.next(level, inOrder) : null;
            }
        }
        return new ClaimResult(
                leases, leases.size() == claim.max() || bytes >= MAX_BYTES, System.nanoTime() - begin);
    }

    /** Once a second, but at most each fourth claim takes the messages of noisy groups too in their order. */
    private boolean isInOrder(Instant now) {
        boolean due = ++claimsPassingOver >= CLAIMS_PER_IN_ORDER && !now.isBefore(inOrderDue);
        if (due) {
            claimsPassingOver = 0;
            inOrderDue = now.plus(SHARES_INTERVAL);
        }
        return due;
    }

    private ClaimResult claimGroups(ClaimRequest claim, Instant now, DeadLetterSink sink) {
        long begin = System.nanoTime();
        List<Lease> leases = new ArrayList<>();
        long bytes = 0;
        List<InMemoryMessage> free = contents.groups.next(claim.max());
        while (!free.isEmpty()) {
            for (InMemoryMessage message : free) {
                if (!message.expiresAt.isAfter(now)) {
                    contents.expire(message, sink);
                } else if (contents.settings().usedUp(message.deliveries)) {
                    contents.deadLetter(message, DeadLetter.Reason.MAX_DELIVERIES, Optional.empty(), sink);
                } else if (bytes < MAX_BYTES) {
                    leases.add(lease(message, claim, now));
                    bytes += message.size();
                }
            }
            boolean full = leases.size() >= claim.max() || bytes >= MAX_BYTES;
            free = full ? List.of() : contents.groups.next(claim.max() - leases.size());
        }
        return new ClaimResult(
                leases, leases.size() >= claim.max() || bytes >= MAX_BYTES, System.nanoTime() - begin);
    }

    private Lease lease(InMemoryMessage message, ClaimRequest claim, Instant now) {
        message.deliveries++;
        message.token = store.nextToken();
        message.leasedAt = now;
        message.firstReceivedAt = message.firstReceivedAt == null ? now : message.firstReceivedAt;
        message.visibleAt = now.plus(claim.visibilityTimeout());
        message.backoffMillis = contents.settings().retry().backoffAfter(message.deliveries).toMillis();
        contents.move(message, QueueCounter.IN_FLIGHT);
        timers.set(message, message.visibleAt.plusMillis(message.backoffMillis));
        contents.count(QueueCounter.RECEIVED, 1);
        contents.count(QueueCounter.REDELIVERED, message.deliveries > 1 ? 1 : 0);
        return new Lease(
                message.key,
                message.token,
                message.deliveries,
                message.id,
                message.body,
                message.metadata,
                message.enqueuedAt,
                message.firstReceivedAt,
                message.visibleAt);
    }

    SettleOutcome settle(Settlement settlement, Instant now, DeadLetterSink sink) {
        InMemoryMessage message = contents.messages.get(settlement.key().position());
        boolean leased = message != null && message.token == settlement.token();
        if (settlement instanceof Settlement.AckAndRecord record) {
            contents.ids.processed(record.id(), record.key(), now, now.plus(record.processedRetention()));
        }
        if (!leased) {
            return message == null ? new SettleOutcome.Gone() : new SettleOutcome.Stale();
        }
        return switch (settlement) {
            case Settlement.Ack ack -> ack(message, now, ack.processedRetention());
            case Settlement.AckAndRecord record -> ack(message, now, record.processedRetention());
            case Settlement.Nack nack -> nack(message, now, nack);
            case Settlement.TakeBack back -> takeBack(message, now);
            case Settlement.ToDeadLetters dead -> {
                contents.deadLetter(message, dead.reason(), dead.error(), sink);
                yield new SettleOutcome.Done(Optional.empty());
            }
            case Settlement.Move move ->
                throw new IllegalArgumentException("messages in memory are not moved to a durable queue");
            case Settlement.Extend extend -> extend(message, now, extend);
        };
    }

    private SettleOutcome ack(InMemoryMessage message, Instant now, Duration retention) {
        contents.take(message);
        message.id.ifPresent(given -> contents.ids.processed(given, message.key, now, now.plus(retention)));
        contents.count(QueueCounter.ACKED, 1);
        contents.count(QueueCounter.LATENCY_MILLIS, Duration.between(message.leasedAt, now).toMillis());
        return new SettleOutcome.Done(Optional.empty());
    }

    private SettleOutcome nack(InMemoryMessage message, Instant now, Settlement.Nack nack) {
        message.token = 0;
        message.lastError = nack.error().orElse(message.lastError);
        message.visibleAt = now.plus(nack.backoff());
        put(message, now, false);
        return new SettleOutcome.Done(Optional.empty());
    }

    private SettleOutcome takeBack(InMemoryMessage message, Instant now) {
        message.token = 0;
        message.deliveries--;
        message.firstReceivedAt = message.deliveries == 0 ? null : message.firstReceivedAt;
        message.visibleAt = now;
        put(message, now, false);
        return new SettleOutcome.Done(Optional.empty());
    }

    private SettleOutcome extend(InMemoryMessage message, Instant now, Settlement.Extend extend) {
        Instant latest = message.leasedAt.plus(QueueSettings.MAX_LEASE);
        Instant until = now.plus(extend.visibilityTimeout());
        message.visibleAt = until.isAfter(latest) ? latest : until;
        message.backoffMillis = extend.backoff().toMillis();
        contents.move(message, QueueCounter.IN_FLIGHT);
        timers.set(message, message.visibleAt.plusMillis(message.backoffMillis));
        return new SettleOutcome.Done(Optional.of(message.visibleAt));
    }

    /** Removes the messages with positions through {@code upTo}. Returns the number removed. */
    int purge(long upTo, QueueSettings current) {
        contents.settings(current);
        List<InMemoryMessage> gone = List.copyOf(contents.messages.headMap(upTo, true).values());
        gone.forEach(message -> contents.end(message, EndReason.PURGED));
        contents.count(QueueCounter.PURGED, gone.size());
        ready.removeIf(message -> message.level != QueueCounter.READY);
        return gone.size();
    }

    /** Makes these dead letters messages again, as they were before their first delivery. Returns their ids. */
    List<String> redrive(List<InMemoryDeadLetters.KeptDeadLetter> letters, Instant now, QueueSettings settings) {
        letters.forEach(dead -> {
            contents.takeDeadLetter(dead);
            InMemoryMessage message = dead.message().undelivered(now, now.plus(settings.retention()));
            store.usage.account(message.size());
            put(message, now, false);
        });
        return letters.stream().map(dead -> dead.letter().id()).toList();
    }

    /** The time at which the first ready message was sent. */
    Optional<Instant> oldestReady() {
        return contents.isFifo()
                ? contents.messages.values().stream()
                        .filter(message -> message.level == QueueCounter.READY)
                        .map(message -> message.enqueuedAt)
                        .findFirst()
                : ready.oldest();
    }

    /** Removes everything in the queue. */
    void drop() {
        contents.clear();
        dropped = true;
    }
}
