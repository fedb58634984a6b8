package dev.rowmq.store.memory;

import dev.rowmq.model.Page;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.queue.EndReason;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The messages of one queue. Ready messages are also in {@link ReadyMessages}; delayed messages and messages in flight
 * have a timer in {@link VisibilityTimers}. All methods must be called by one thread at a time.
 */
final class InMemoryQueue {

    /** A message that becomes a dead letter. */
    record EndedMessage(InMemoryMessage entry, DeadLetter.Reason reason, Optional<String> error) {}

    /**
     * The target of the dead letters of an operation.
     *
     * @param ownList whether they go into the queue's own list
     * @param corpses collects the dead letters for another queue otherwise
     */
    record DeadLetterSink(boolean ownList, List<EndedMessage> corpses) {}

    private static final long MAX_BYTES = 32L * 1024 * 1024;
    private static final long LOOK_AGAIN_MILLIS = 500;

    private final int id;
    private final InMemoryMessageStore store;
    private final NavigableMap<Long, InMemoryMessage> all = new TreeMap<>();
    private final ReadyMessages ready = new ReadyMessages();
    private final VisibilityTimers alarms = new VisibilityTimers(all);
    final InMemoryProcessedIds ids;
    final InMemoryDeadLetters dead = new InMemoryDeadLetters();
    /** Indexed by the ordinal of {@link QueueCounter}. */
    private final long[] counts = new long[QueueCounter.values().length];
    private QueueSettings settings = QueueSettings.DEFAULT;

    /** No stored message expires before this time. */
    private Instant nextExpiry = Instant.MAX;

    private boolean dropped;

    InMemoryQueue(int id, InMemoryMessageStore store) {
        this.id = id;
        this.store = store;
        this.ids = new InMemoryProcessedIds(store);
    }

    /** Whether the queue is deleted and must not be used any more. */
    boolean dropped() {
        return dropped;
    }

    QueueCounts counts() {
        return QueueCounts.of(counts);
    }

    void count(QueueCounter figure, long change) {
        counts[figure.ordinal()] += change;
    }

    private void move(InMemoryMessage entry, QueueCounter to) {
        if (entry.level != null) {
            count(entry.level, -1);
        }
        if (to != null) {
            count(to, 1);
        }
        entry.level = to;
    }

    long held() {
        return all.size();
    }

    SendOutcome send(MessageRow row, Instant now, long most) {
        if (row.id().isPresent()) {
            Optional<SendOutcome.Duplicate> known = ids.find(row.id().get(), now);
            if (known.isPresent()) {
                count(QueueCounter.DUPLICATES, Arrays.equals(known.get().bodyHash(), row.bodyHash()) ? 1 : 0);
                return known.get();
            }
        }
        if (held() >= most) {
            return row.capacity() == 0
                    ? new SendOutcome.NoRoom(
                            "queues in memory hold %d messages at most (rowmq.memory.messages)".formatted(most))
                    : new SendOutcome.QueueFull(held());
        }
        // a delivery time becomes a delay by the system clock: the clock of this process never jumps, and may be off
        Duration rest = row.deliverAt().map(at -> Duration.between(Instant.now(), at)).orElse(row.delay());
        Instant visible = rest.isNegative() ? now : now.plus(rest);
        InMemoryMessage entry = new InMemoryMessage(
                new MessageKey(id, row.priority(), store.nextPosition()),
                row.id(),
                row.body(),
                row.metadata(),
                now,
                visible,
                visible.plus(row.life()));
        if (!store.reserve(entry.size())) {
            return new SendOutcome.NoRoom(store.noRoom(entry.size()));
        }
        row.id().ifPresent(given -> ids.add(given,
                new SendOutcome.Duplicate(entry.key, row.bodyHash(), now, visible, Optional.empty())));
        count(QueueCounter.SENT, 1);
        count(QueueCounter.SENT_BYTES, row.body().bytes().length);
        put(entry, now, true);
        return new SendOutcome.Accepted(entry.key, now, visible, visible.isAfter(now));
    }

    /** Stores a dead letter of another queue as a message. */
    void adopt(InMemoryMessage entry, Instant now) {
        count(QueueCounter.SENT, 1);
        count(QueueCounter.SENT_BYTES, entry.body.bytes().length);
        ids.add(entry.shownId(), new SendOutcome.Duplicate(entry.key, entry.body.hash(), now, now, Optional.empty()));
        put(entry, now, true);
    }

    /** @param sent whether it was sent just now, so that no message is after it */
    private void put(InMemoryMessage entry, Instant now, boolean sent) {
        all.put(entry.key.position(), entry);
        nextExpiry = entry.expiresAt.isBefore(nextExpiry) ? entry.expiresAt : nextExpiry;
        if (entry.visibleAt.isAfter(now)) {
            move(entry, QueueCounter.DELAYED);
            alarms.set(entry, entry.visibleAt);
        } else {
            move(entry, QueueCounter.READY);
            entry.alarm = null;
            if (sent) {
                ready.sent(entry);
            } else {
                ready.cameBack(entry);
            }
        }
    }

    /** Applies the time-driven changes. Returns the number of messages that became ready. */
    int tick(Instant now, DeadLetterSink undertaker) {
        int readyNow = 0;
        for (InMemoryMessage entry = alarms.due(now); entry != null; entry = alarms.due(now)) {
            if (entry.level == QueueCounter.IN_FLIGHT && settings.usedUp(entry.deliveries)) {
                bury(entry, DeadLetter.Reason.MAX_DELIVERIES, Optional.empty(), undertaker);
            } else {
                put(entry, now, false);
                readyNow++;
            }
        }
        return readyNow;
    }

    /** Ends the ready messages that have expired. Other messages are checked once they are ready. */
    void expire(Instant now, DeadLetterSink undertaker) {
        if (now.isBefore(nextExpiry)) {
            return;
        }
        ready.removeIf(entry -> over(entry, now, undertaker));
        nextExpiry = all.values().stream().map(entry -> entry.expiresAt).min(Comparator.naturalOrder())
                .orElse(Instant.MAX);
        // a message in flight may have expired already: it is checked when its lease has ended
        nextExpiry = nextExpiry.isAfter(now) ? nextExpiry : now.plusMillis(LOOK_AGAIN_MILLIS);
    }

    /** Ends the message if it is ready and has expired. Returns whether it is not ready now. */
    private boolean over(InMemoryMessage entry, Instant now, DeadLetterSink undertaker) {
        if (entry.level == QueueCounter.READY && !entry.expiresAt.isAfter(now)) {
            end(entry, undertaker);
        }
        return entry.level != QueueCounter.READY;
    }

    private void bury(
            InMemoryMessage entry, DeadLetter.Reason reason, Optional<String> error, DeadLetterSink undertaker) {
        take(entry);
        count(QueueCounter.DEAD_LETTERED, 1);
        if (undertaker.ownList()) {
            shelve(new EndedMessage(entry, reason, error));
        } else {
            undertaker.corpses().add(new EndedMessage(entry, reason, error));
            entry.id.ifPresent(given -> ids.release(given, entry.key, store.now().plus(settings.processedRetention()),
                    Optional.empty()));
        }
    }

    /** Puts a dead letter into the queue's own list. */
    void shelve(EndedMessage corpse) {
        store.account(corpse.entry().size());
        dead.add(corpse.entry(), corpse.entry().deadLetter(corpse.reason(), corpse.error(), store.now()));
        count(QueueCounter.DEAD, 1);
    }

    private void end(InMemoryMessage entry, DeadLetterSink undertaker) {
        if (settings.deadLetterExpired()) {
            count(QueueCounter.EXPIRED, 1);
            bury(entry, DeadLetter.Reason.EXPIRED, Optional.empty(), undertaker);
        } else {
            count(QueueCounter.EXPIRED, 1);
            forget(entry, EndReason.EXPIRED);
        }
    }

    /** Removes a message that ends without an ack. */
    private void forget(InMemoryMessage entry, EndReason how) {
        take(entry);
        entry.id.ifPresent(given ->
                ids.release(given, entry.key, store.now().plus(settings.processedRetention()), Optional.of(how)));
    }

    /** Removes a message from the queue, and its bytes from the total of the store. */
    void take(InMemoryMessage entry) {
        all.remove(entry.key.position());
        store.release(entry.size());
        move(entry, null);
    }

    void settings(QueueSettings now) {
        settings = now;
    }

    QueueSettings settings() {
        return settings;
    }

    ClaimResult claim(ClaimRequest claim, Instant now, DeadLetterSink undertaker) {
        long begin = System.nanoTime();
        settings = claim.settings();
        tick(now, undertaker);
        List<Lease> leases = new ArrayList<>();
        long bytes = 0;
        for (int level = 0; level < claim.levels() && leases.size() < claim.max() && bytes < MAX_BYTES; level++) {
            InMemoryMessage entry = ready.next(level);
            while (entry != null) {
                if (!entry.expiresAt.isAfter(now)) {
                    end(entry, undertaker);
                } else if (settings.usedUp(entry.deliveries)) {
                    bury(entry, DeadLetter.Reason.MAX_DELIVERIES, Optional.empty(), undertaker);
                } else {
                    leases.add(lease(entry, claim, now));
                    bytes += entry.size();
                }
                entry = leases.size() < claim.max() && bytes < MAX_BYTES ? ready.next(level) : null;
            }
        }
        return new ClaimResult(
                leases, leases.size() == claim.max() || bytes >= MAX_BYTES, System.nanoTime() - begin);
    }

    private Lease lease(InMemoryMessage entry, ClaimRequest claim, Instant now) {
        entry.deliveries++;
        entry.token = store.nextToken();
        entry.leasedAt = now;
        entry.firstReceivedAt = entry.firstReceivedAt == null ? now : entry.firstReceivedAt;
        entry.visibleAt = now.plus(claim.visibilityTimeout());
        entry.restMillis = settings.retry().restAfter(entry.deliveries).toMillis();
        move(entry, QueueCounter.IN_FLIGHT);
        alarms.set(entry, entry.visibleAt.plusMillis(entry.restMillis));
        count(QueueCounter.RECEIVED, 1);
        count(QueueCounter.REDELIVERED, entry.deliveries > 1 ? 1 : 0);
        return new Lease(
                entry.key,
                entry.token,
                entry.deliveries,
                entry.id,
                entry.body,
                entry.metadata,
                entry.enqueuedAt,
                entry.firstReceivedAt,
                entry.visibleAt);
    }

    SettleOutcome settle(Settlement settlement, Instant now, DeadLetterSink undertaker) {
        InMemoryMessage entry = all.get(settlement.key().position());
        boolean held = entry != null && entry.token == settlement.token();
        if (settlement instanceof Settlement.AckAndRecord complete) {
            ids.processed(complete.id(), complete.key(), now, now.plus(complete.processedRetention()));
        }
        if (!held) {
            return entry == null ? new SettleOutcome.Gone() : new SettleOutcome.Stale();
        }
        return switch (settlement) {
            case Settlement.Ack ack -> ack(entry, now, ack.processedRetention());
            case Settlement.AckAndRecord complete -> ack(entry, now, complete.processedRetention());
            case Settlement.Nack release -> release(entry, now, release);
            case Settlement.TakeBack back -> takeBack(entry, now);
            case Settlement.ToDeadLetters bury -> {
                bury(entry, bury.reason(), bury.error(), undertaker);
                yield new SettleOutcome.Done(Optional.empty());
            }
            case Settlement.Extend extend -> extend(entry, now, extend);
        };
    }

    private SettleOutcome ack(InMemoryMessage entry, Instant now, Duration retention) {
        take(entry);
        entry.id.ifPresent(given -> ids.processed(given, entry.key, now, now.plus(retention)));
        count(QueueCounter.ACKED, 1);
        count(QueueCounter.LATENCY_MILLIS, Duration.between(entry.leasedAt, now).toMillis());
        return new SettleOutcome.Done(Optional.empty());
    }

    private SettleOutcome release(InMemoryMessage entry, Instant now, Settlement.Nack release) {
        entry.token = 0;
        entry.lastError = release.error().orElse(entry.lastError);
        entry.visibleAt = now.plus(release.rest());
        put(entry, now, false);
        return new SettleOutcome.Done(Optional.empty());
    }

    private SettleOutcome takeBack(InMemoryMessage entry, Instant now) {
        entry.token = 0;
        entry.deliveries--;
        entry.firstReceivedAt = entry.deliveries == 0 ? null : entry.firstReceivedAt;
        entry.visibleAt = now;
        put(entry, now, false);
        return new SettleOutcome.Done(Optional.empty());
    }

    private SettleOutcome extend(InMemoryMessage entry, Instant now, Settlement.Extend extend) {
        Instant latest = entry.leasedAt.plus(QueueSettings.MAX_LEASE);
        Instant until = now.plus(extend.visibilityTimeout());
        entry.visibleAt = until.isAfter(latest) ? latest : until;
        entry.restMillis = extend.rest().toMillis();
        move(entry, QueueCounter.IN_FLIGHT);
        alarms.set(entry, entry.visibleAt.plusMillis(entry.restMillis));
        return new SettleOutcome.Done(Optional.of(entry.visibleAt));
    }

    /** Removes the messages with positions through {@code upTo}. Returns the number removed. */
    int purge(long upTo, QueueSettings current) {
        settings = current;
        List<InMemoryMessage> gone = List.copyOf(all.headMap(upTo, true).values());
        gone.forEach(entry -> forget(entry, EndReason.PURGED));
        count(QueueCounter.PURGED, gone.size());
        ready.removeIf(entry -> entry.level != QueueCounter.READY);
        return gone.size();
    }

    /** Makes a dead letter a message again, as it was before its first delivery. */
    void putBack(InMemoryMessage entry, Instant now, Queue queue) {
        InMemoryMessage fresh = new InMemoryMessage(
                entry.key,
                entry.id,
                entry.body,
                entry.metadata,
                entry.enqueuedAt,
                now,
                now.plus(queue.settings().retention()));
        store.account(fresh.size());
        put(fresh, now, false);
    }

    /**
     * Returns messages of one state in the order of priority and sending.
     *
     * @param after priority and position of the last message shown
     */
    Page<MessageView> page(MessageView.State state, int limit, Optional<String> after) {
        String[] last = after.orElse("-1 -1").split(" ");
        MessageKey from = new MessageKey(id, Integer.parseInt(last[0]), Long.parseLong(last[1]));
        List<InMemoryMessage> some = all.values().stream()
                .filter(entry -> entry.level.name().equals(state.name()) && entry.key.compareTo(from) > 0)
                .sorted(Comparator.comparing(entry -> entry.key))
                .limit(limit + 1L)
                .toList();
        List<InMemoryMessage> shown = some.subList(0, Math.min(limit, some.size()));
        return new Page<>(
                shown.stream().map(InMemoryMessage::view).toList(),
                some.size() > limit
                        ? Optional.of(shown.getLast().key.priority() + " " + shown.getLast().key.position())
                        : Optional.empty());
    }

    Optional<InMemoryMessage> at(long position) {
        return Optional.ofNullable(all.get(position));
    }

    /** The time at which the first ready message was sent. */
    Optional<Instant> oldestReady() {
        return ready.oldest();
    }

    List<StreamedMessage> copies(long behind, int most) {
        return all.tailMap(behind, false).values().stream()
                .limit(most)
                .map(entry -> new StreamedMessage(
                        id,
                        entry.key.position(),
                        entry.shownId(),
                        entry.body,
                        entry.metadata,
                        entry.key.priority(),
                        entry.enqueuedAt))
                .toList();
    }

    /** Removes the queue's messages, dead letters and ids. */
    void drop() {
        List.copyOf(all.values()).forEach(this::take);
        dead.drop(store);
        ids.drop();
        dropped = true;
    }
}
