package dev.rowmq.queue.catalog;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Things by name as they were read not long ago: no longer than a given time, and half as much again while one request
 * reads the thing anew. Who reads reads for the others as well: what was in use a moment ago and will soon be too old
 * comes with it, so that a thousand things in use cost a few reads and not a thousand. What is not there is not
 * remembered.
 */
public final class RefreshingCache<T> {

    /** A thing is in use for so many times the longest age after it was asked for. */
    private static final int IN_USE = 10;

    /** What is known is looked through for such things so many times within the longest age, at the most. */
    private static final int LOOKS = 4;

    /** A thing as it was read. */
    private static final class Known<T> {

        final T value;
        final long readAt;
        volatile long usedAt;
        /** Whether somebody is reading it anew: the others need not. */
        final AtomicBoolean beingRead = new AtomicBoolean();

        Known(T value, long readAt, long usedAt) {
            this.value = value;
            this.readAt = readAt;
            this.usedAt = usedAt;
        }
    }

    /**
     * How things are read.
     *
     * @param name       of a thing
     * @param check      throws for a name that no thing can have
     * @param read       those of the names that there are; throws a {@link QueueException}
     * @param most       names read at once, at the most
     * @param lastWillDo whether, when a thing cannot be read, what was read last is the answer, however old that is
     */
    public record Source<T>(
            Function<T, String> name,
            Function<String, String> check,
            Function<Set<String>, List<T>> read,
            int most,
            BooleanSupplier lastWillDo) {}

    private final long longest;
    private final Source<T> source;
    private final LongSupplier clock;
    private final Map<String, Known<T>> known = new ConcurrentHashMap<>();
    private final AtomicLong lookedAt;
    private final AtomicLong forgotten = new AtomicLong();

    /** @param longest how old a thing may be; zero = each is read each time */
    public RefreshingCache(Duration longest, Source<T> source) {
        this(longest, source, System::nanoTime);
    }

    /** @param clock nanoseconds */
    public RefreshingCache(Duration longest, Source<T> source, LongSupplier clock) {
        this.longest = longest.toNanos();
        this.source = source;
        this.clock = clock;
        this.lookedAt = new AtomicLong(clock.getAsLong());
    }

    public Optional<T> find(String wanted) {
        Known<T> recent = known.get(wanted);
        if (recent != null) {
            long now = clock.getAsLong();
            long age = now - recent.readAt;
            if (age < longest || age < longest * 3 / 2 && !recent.beingRead.compareAndSet(false, true)) {
                if (now - recent.usedAt > longest) {
                    recent.usedAt = now;
                }
                return Optional.of(recent.value);
            }
        }
        try {
            return Optional.ofNullable(readAnew(wanted, recent));
        } catch (QueueException unreadable) {
            Known<T> last = known.get(wanted);
            if (last == null
                    || unreadable.code() != ErrorCode.STORE_UNAVAILABLE
                    || !source.lastWillDo().getAsBoolean()) {
                throw unreadable;
            }
            return Optional.of(last.value);
        }
    }

    /**
     * @param before what is known of it; what somebody remembers or forgets during the read is newer than what is read
     */
    private T readAnew(String wanted, Known<T> before) {
        source.check().apply(wanted);
        Map<String, Known<T>> others = due(wanted);
        Map<String, Known<T>> old = new HashMap<>(others);
        old.put(wanted, before);
        long begin = clock.getAsLong();
        long forgottenBefore = forgotten.get();
        Map<String, T> found = new HashMap<>();
        boolean read = false;
        try {
            source.read()
                    .apply(Set.copyOf(old.keySet()))
                    .forEach(value -> found.put(source.name().apply(value), value));
            read = true;
        } finally {
            if (!read) {
                others.values().forEach(other -> other.beingRead.set(false));
            }
        }
        old.forEach((name, was) -> {
            T value = found.get(name);
            Known<T> now = value == null ? null : new Known<>(value, begin, name.equals(wanted) ? begin : was.usedAt);
            if (was != null) {
                known.computeIfPresent(name, (same, there) -> there == was ? now : there);
            } else if (now != null && forgotten.get() == forgottenBefore) {
                known.putIfAbsent(name, now);
            }
        });
        return found.get(wanted);
    }

    /** What is in use, half as old as it may be or older, and read by nobody; from now on it is being read. */
    private Map<String, Known<T>> due(String wanted) {
        Map<String, Known<T>> due = new HashMap<>();
        long now = clock.getAsLong();
        long last = lookedAt.get();
        if (longest == 0 || now - last < longest / LOOKS || !lookedAt.compareAndSet(last, now)) {
            return due;
        }
        for (Map.Entry<String, Known<T>> entry : known.entrySet()) {
            Known<T> one = entry.getValue();
            if (due.size() == source.most() - 1) {
                break;
            }
            if (now - one.readAt >= longest / 2
                    && now - one.usedAt < longest * IN_USE
                    && !entry.getKey().equals(wanted)
                    && one.beingRead.compareAndSet(false, true)) {
                due.put(entry.getKey(), one);
            }
        }
        return due;
    }

    public T remember(T value) {
        long now = clock.getAsLong();
        known.put(source.name().apply(value), new Known<>(value, now, now));
        return value;
    }

    public void forget(String name) {
        forgotten.incrementAndGet();
        known.remove(name);
    }
}
