package dev.rowmq.store.memory;

import dev.rowmq.model.Page;
import dev.rowmq.model.fanout.Copy;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.queue.Counts;
import dev.rowmq.model.queue.Ended;
import dev.rowmq.model.queue.Figure;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.MessageStore.Claim;
import dev.rowmq.store.MessageStore.Claimed;
import dev.rowmq.store.MessageStore.Lease;
import dev.rowmq.store.MessageStore.NewRow;
import dev.rowmq.store.MessageStore.Sent;
import dev.rowmq.store.MessageStore.Settled;
import dev.rowmq.store.MessageStore.Settlement;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** The messages of one queue: {@link Ready}, or with {@link Alarms} while they are delayed or in flight. All methods are for one thread at a time. */
final class MemoryQueue {

    /** A dead letter that another queue is to take. */
    record Corpse(Entry entry, DeadLetter.Reason reason, Optional<String> error) {}

    /** Where dead letters of an operation go: to the own list, or on this list, which another queue takes over. */
    record Undertaker(boolean ownList, List<Corpse> corpses) {}

    private static final long MOST_BYTES = 32L * 1024 * 1024;
    private static final long LOOK_AGAIN_MILLIS = 500;

    private final int id;
    private final MemoryStore store;
    private final NavigableMap<Long, Entry> all = new TreeMap<>();
    private final Ready ready = new Ready();
    private final Alarms alarms = new Alarms(all);
    final GivenIds ids;
    final Coffins dead = new Coffins();
    /** By {@link Figure}. */
    private final long[] counts = new long[Figure.values().length];
    private QueueSettings settings = QueueSettings.DEFAULT;

    /** No message that is held expires before. */
    private Instant nextExpiry = Instant.MAX;

    private boolean dropped;

    MemoryQueue(int id, MemoryStore store) {
        this.id = id;
        this.store = store;
        this.ids = new GivenIds(store);
    }

    /** Whether its queue is deleted: nothing is to be done with it any more. */
    boolean dropped() {
        return dropped;
    }

    Counts counts() {
        return Counts.of(counts);
    }

    void count(Figure figure, long change) {
        counts[figure.ordinal()] += change;
    }

    private void move(Entry entry, Figure to) {
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

    Sent send(NewRow row, Instant now, long most) {
        if (row.id().isPresent()) {
            Optional<Sent.Known> known = ids.find(row.id().get(), now);
            if (known.isPresent()) {
                count(Figure.DUPLICATES, Arrays.equals(known.get().bodyHash(), row.bodyHash()) ? 1 : 0);
                return known.get();
            }
        }
        if (held() >= most) {
            return row.capacity() == 0
                    ? new Sent.NoRoom("queues in memory hold %d messages at most (rowmq.memory.messages)".formatted(most))
                    : new Sent.QueueFull(held());
        }
        // a time of day is a rest from now by the same clock: that of this process never jumps, and may be off
        Duration rest = row.deliverAt().map(at -> Duration.between(Instant.now(), at)).orElse(row.delay());
        Instant visible = rest.isNegative() ? now : now.plus(rest);
        Entry entry = new Entry(
                new MessageKey(id, row.priority(), store.nextPosition()),
                row.id(),
                row.body(),
                row.metadata(),
                now,
                visible,
                visible.plus(row.life()));
        if (!store.reserve(entry.size())) {
            return new Sent.NoRoom(store.noRoom(entry.size()));
        }
        row.id().ifPresent(given -> ids.add(given,
                new Sent.Known(entry.key, row.bodyHash(), now, visible, Optional.empty())));
        count(Figure.SENT, 1);
        count(Figure.SENT_BYTES, row.body().bytes().length);
        put(entry, now, true);
        return new Sent.Stored(entry.key, now, visible, visible.isAfter(now));
    }

    /** Takes in a dead letter of another queue. */
    void adopt(Entry entry, Instant now) {
        count(Figure.SENT, 1);
        count(Figure.SENT_BYTES, entry.body.bytes().length);
        ids.add(entry.shownId(), new Sent.Known(entry.key, entry.body.hash(), now, now, Optional.empty()));
        put(entry, now, true);
    }

    /** @param sent just now, so that no message stands behind it */
    private void put(Entry entry, Instant now, boolean sent) {
        all.put(entry.key.position(), entry);
        nextExpiry = entry.expiresAt.isBefore(nextExpiry) ? entry.expiresAt : nextExpiry;
        if (entry.visibleAt.isAfter(now)) {
            move(entry, Figure.DELAYED);
            alarms.set(entry, entry.visibleAt);
        } else {
            move(entry, Figure.READY);
            entry.alarm = null;
            if (sent) {
                ready.sent(entry);
            } else {
                ready.cameBack(entry);
            }
        }
    }

    /** Does what time alone does. Returns how many messages became ready. */
    int tick(Instant now, Undertaker undertaker) {
        int readyNow = 0;
        for (Entry entry = alarms.due(now); entry != null; entry = alarms.due(now)) {
            if (entry.level == Figure.IN_FLIGHT && settings.usedUp(entry.deliveries)) {
                bury(entry, DeadLetter.Reason.MAX_DELIVERIES, Optional.empty(), undertaker);
            } else {
                put(entry, now, false);
                readyNow++;
            }
        }
        return readyNow;
    }

    /** Those that nobody took in time. Others are looked at when they are taken out. */
    void expire(Instant now, Undertaker undertaker) {
        if (now.isBefore(nextExpiry)) {
            return;
        }
        ready.removeIf(entry -> over(entry, now, undertaker));
        nextExpiry = all.values().stream().map(entry -> entry.expiresAt).min(Comparator.naturalOrder())
                .orElse(Instant.MAX);
        // one in flight may have expired already: it is looked at when its lease has ended
        nextExpiry = nextExpiry.isAfter(now) ? nextExpiry : now.plusMillis(LOOK_AGAIN_MILLIS);
    }

    /** Whether it is not ready any more, or is not now as its time is over. */
    private boolean over(Entry entry, Instant now, Undertaker undertaker) {
        if (entry.level == Figure.READY && !entry.expiresAt.isAfter(now)) {
            end(entry, undertaker);
        }
        return entry.level != Figure.READY;
    }

    private void bury(Entry entry, DeadLetter.Reason reason, Optional<String> error, Undertaker undertaker) {
        take(entry);
        count(Figure.DEAD_LETTERED, 1);
        if (undertaker.ownList()) {
            shelve(new Corpse(entry, reason, error));
        } else {
            undertaker.corpses().add(new Corpse(entry, reason, error));
            entry.id.ifPresent(given -> ids.release(given, entry.key, store.now().plus(settings.processedRetention()),
                    Optional.empty()));
        }
    }

    /** Puts a dead letter into the own list. */
    void shelve(Corpse corpse) {
        store.account(corpse.entry().size());
        dead.add(corpse.entry(), corpse.entry().deadLetter(corpse.reason(), corpse.error(), store.now()));
        count(Figure.DEAD, 1);
    }

    private void end(Entry entry, Undertaker undertaker) {
        if (settings.deadLetterExpired()) {
            count(Figure.EXPIRED, 1);
            bury(entry, DeadLetter.Reason.EXPIRED, Optional.empty(), undertaker);
        } else {
            count(Figure.EXPIRED, 1);
            forget(entry, Ended.EXPIRED);
        }
    }

    /** The message is over. */
    private void forget(Entry entry, Ended how) {
        take(entry);
        entry.id.ifPresent(given ->
                ids.release(given, entry.key, store.now().plus(settings.processedRetention()), Optional.of(how)));
    }

    /** Takes it out of the queue, whatever becomes of it. */
    void take(Entry entry) {
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

    Claimed claim(Claim claim, Instant now, Undertaker undertaker) {
        long begin = System.nanoTime();
        settings = claim.settings();
        tick(now, undertaker);
        List<Lease> leases = new ArrayList<>();
        long bytes = 0;
        for (int level = 0; level < claim.levels() && leases.size() < claim.max() && bytes < MOST_BYTES; level++) {
            Entry entry = ready.next(level);
            while (entry != null) {
                if (!entry.expiresAt.isAfter(now)) {
                    end(entry, undertaker);
                } else if (settings.usedUp(entry.deliveries)) {
                    bury(entry, DeadLetter.Reason.MAX_DELIVERIES, Optional.empty(), undertaker);
                } else {
                    leases.add(lease(entry, claim, now));
                    bytes += entry.size();
                }
                entry = leases.size() < claim.max() && bytes < MOST_BYTES ? ready.next(level) : null;
            }
        }
        return new Claimed(
                leases, leases.size() == claim.max() || bytes >= MOST_BYTES, System.nanoTime() - begin);
    }

    private Lease lease(Entry entry, Claim claim, Instant now) {
        entry.deliveries++;
        entry.token = store.nextToken();
        entry.leasedAt = now;
        entry.firstReceivedAt = entry.firstReceivedAt == null ? now : entry.firstReceivedAt;
        entry.visibleAt = now.plus(claim.visibilityTimeout());
        entry.restMillis = settings.retry().restAfter(entry.deliveries).toMillis();
        move(entry, Figure.IN_FLIGHT);
        alarms.set(entry, entry.visibleAt.plusMillis(entry.restMillis));
        count(Figure.RECEIVED, 1);
        count(Figure.REDELIVERED, entry.deliveries > 1 ? 1 : 0);
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

    Settled settle(Settlement settlement, Instant now, Undertaker undertaker) {
        Entry entry = all.get(settlement.key().position());
        boolean held = entry != null && entry.token == settlement.token();
        if (settlement instanceof Settlement.Complete complete) {
            ids.processed(complete.id(), complete.key(), now, now.plus(complete.processedRetention()));
        }
        if (!held) {
            return entry == null ? new Settled.Gone() : new Settled.Stale();
        }
        return switch (settlement) {
            case Settlement.Ack ack -> ack(entry, now, ack.processedRetention());
            case Settlement.Complete complete -> ack(entry, now, complete.processedRetention());
            case Settlement.Release release -> release(entry, now, release);
            case Settlement.TakeBack back -> takeBack(entry, now);
            case Settlement.Bury bury -> {
                bury(entry, bury.reason(), bury.error(), undertaker);
                yield new Settled.Done(Optional.empty());
            }
            case Settlement.Extend extend -> extend(entry, now, extend);
        };
    }

    private Settled ack(Entry entry, Instant now, Duration retention) {
        take(entry);
        entry.id.ifPresent(given -> ids.processed(given, entry.key, now, now.plus(retention)));
        count(Figure.ACKED, 1);
        count(Figure.LATENCY_MILLIS, Duration.between(entry.leasedAt, now).toMillis());
        return new Settled.Done(Optional.empty());
    }

    private Settled release(Entry entry, Instant now, Settlement.Release release) {
        entry.token = 0;
        entry.lastError = release.error().orElse(entry.lastError);
        entry.visibleAt = now.plus(release.rest());
        put(entry, now, false);
        return new Settled.Done(Optional.empty());
    }

    private Settled takeBack(Entry entry, Instant now) {
        entry.token = 0;
        entry.deliveries--;
        entry.firstReceivedAt = entry.deliveries == 0 ? null : entry.firstReceivedAt;
        entry.visibleAt = now;
        put(entry, now, false);
        return new Settled.Done(Optional.empty());
    }

    private Settled extend(Entry entry, Instant now, Settlement.Extend extend) {
        Instant latest = entry.leasedAt.plus(QueueSettings.LONGEST_LEASE);
        Instant until = now.plus(extend.visibilityTimeout());
        entry.visibleAt = until.isAfter(latest) ? latest : until;
        entry.restMillis = extend.rest().toMillis();
        move(entry, Figure.IN_FLIGHT);
        alarms.set(entry, entry.visibleAt.plusMillis(entry.restMillis));
        return new Settled.Done(Optional.of(entry.visibleAt));
    }

    /** Those with positions up to that one. */
    int purge(long upTo, QueueSettings current) {
        settings = current;
        List<Entry> gone = List.copyOf(all.headMap(upTo, true).values());
        gone.forEach(entry -> forget(entry, Ended.PURGED));
        count(Figure.PURGED, gone.size());
        ready.removeIf(entry -> entry.level != Figure.READY);
        return gone.size();
    }

    /** A dead letter as it was before its first delivery. */
    void putBack(Entry entry, Instant now, Queue queue) {
        Entry fresh = new Entry(
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

    /** In the order of priority and sending. @param after priority and position of the last one shown */
    Page<MessageView> page(MessageView.State state, int limit, Optional<String> after) {
        String[] last = after.orElse("-1 -1").split(" ");
        MessageKey from = new MessageKey(id, Integer.parseInt(last[0]), Long.parseLong(last[1]));
        List<Entry> some = all.values().stream()
                .filter(entry -> entry.level.name().equals(state.name()) && entry.key.compareTo(from) > 0)
                .sorted(Comparator.comparing(entry -> entry.key))
                .limit(limit + 1L)
                .toList();
        List<Entry> shown = some.subList(0, Math.min(limit, some.size()));
        return new Page<>(
                shown.stream().map(Entry::view).toList(),
                some.size() > limit
                        ? Optional.of(shown.getLast().key.priority() + " " + shown.getLast().key.position())
                        : Optional.empty());
    }

    Optional<Entry> at(long position) {
        return Optional.ofNullable(all.get(position));
    }

    /** When the first of those that are ready was sent. */
    Optional<Instant> oldestReady() {
        return ready.oldest();
    }

    List<Copy> copies(long behind, int most) {
        return all.tailMap(behind, false).values().stream()
                .limit(most)
                .map(entry -> new Copy(
                        id, entry.key.position(), entry.shownId(), entry.body, entry.metadata, entry.key.priority(), entry.enqueuedAt))
                .toList();
    }

    /** What it holds goes with it. */
    void drop() {
        List.copyOf(all.values()).forEach(this::take);
        dead.drop(store);
        ids.drop();
        dropped = true;
    }
}
