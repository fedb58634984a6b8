package dev.rowmq.queue;

import dev.rowmq.message.ErrorCode;
import dev.rowmq.message.Refusal;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Things by name as they were read not long ago: no longer than a given time, and half as much again while one request reads
 * the thing anew. Who reads reads for the others as well: what was in use a moment ago and will soon be too old comes with it, so
 * that a thousand things in use cost a few reads and not a thousand. What is not there is not remembered.
 */
final class Recent<T> {

    /** Things read at once, at the most. */
    private static final int MOST = 1000;

    /** A thing is in use for so many times the longest age after it was asked for. */
    private static final int IN_USE = 10;

    /** A thing as it was read. */
    private static final class Known<T> {

        final String name;
        final T value;
        final long readAt;
        volatile long usedAt;
        /** Whether somebody is reading it anew: the others need not. */
        final AtomicBoolean beingRead = new AtomicBoolean();

        Known(String name, T value, long readAt, long usedAt) {
            this.name = name;
            this.value = value;
            this.readAt = readAt;
            this.usedAt = usedAt;
        }

        boolean youngerThan(long nanos) {
            return System.nanoTime() - readAt < nanos;
        }
    }

    private final long longest;
    private final Function<T, String> name;
    private final Function<Set<String>, List<T>> read;
    private final BooleanSupplier lastWillDo;
    private final Map<String, Known<T>> known = new ConcurrentHashMap<>();
    /** What is known and was in use, about in the order of reading. */
    private final ConcurrentLinkedQueue<Known<T>> inUse = new ConcurrentLinkedQueue<>();

    /**
     * @param longest    how old a thing may be
     * @param name       of a thing
     * @param read       reads those of the names that there are, or throws a {@link Refusal}
     * @param lastWillDo whether, when a thing cannot be read, what was read last is the answer, however old that is
     */
    Recent(Duration longest, Function<T, String> name, Function<Set<String>, List<T>> read, BooleanSupplier lastWillDo) {
        this.longest = longest.toNanos();
        this.name = name;
        this.read = read;
        this.lastWillDo = lastWillDo;
    }

    Optional<T> find(String wanted) {
        Known<T> recent = known.get(wanted);
        if (recent != null
                && (recent.youngerThan(longest)
                        || recent.youngerThan(longest * 3 / 2) && !recent.beingRead.compareAndSet(false, true))) {
            long now = System.nanoTime();
            if (now - recent.usedAt > longest) {
                recent.usedAt = now;
            }
            return Optional.of(recent.value);
        }
        try {
            return Optional.ofNullable(readAnew(wanted, recent));
        } catch (Refusal unreadable) {
            if (recent == null || unreadable.code() != ErrorCode.STORE_UNAVAILABLE || !lastWillDo.getAsBoolean()) {
                throw unreadable;
            }
            return Optional.of(recent.value);
        }
    }

    /** @param before what is known; what somebody remembers or forgets while it is being read is newer than what is read */
    private T readAnew(String wanted, Known<T> before) {
        Map<String, Known<T>> old = new HashMap<>();
        old.put(wanted, before);
        for (Known<T> next = inUse.peek(); next != null && old.size() < MOST && !next.youngerThan(longest / 2); next = inUse.peek()) {
            if (inUse.remove(next) && known.get(next.name) == next && next.beingRead.compareAndSet(false, true)) {
                old.put(next.name, next);
            }
        }
        long begin = System.nanoTime();
        Map<String, T> found = new HashMap<>();
        read.apply(old.keySet()).forEach(value -> found.put(name.apply(value), value));
        old.forEach((one, was) -> replace(one, was, found.get(one), begin, one.equals(wanted) ? begin : was.usedAt));
        return found.get(wanted);
    }

    private void replace(String one, Known<T> was, T value, long readAt, long usedAt) {
        if (value == null) {
            known.computeIfPresent(one, (same, now) -> now == was ? null : now);
            return;
        }
        Known<T> read = new Known<>(one, value, readAt, usedAt);
        if (was == null ? known.putIfAbsent(one, read) == null : known.replace(one, was, read)) {
            list(read);
        }
    }

    private void list(Known<T> one) {
        if (one.readAt - one.usedAt < longest * IN_USE) {
            inUse.add(one);
        }
    }

    T remember(T value) {
        long now = System.nanoTime();
        Known<T> made = new Known<>(name.apply(value), value, now, now);
        known.put(made.name, made);
        list(made);
        return value;
    }

    void forget(String gone) {
        known.remove(gone);
    }
}
