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
import java.util.function.Supplier;

/**
 * A cache of values by name. A value is at most a given age old, and up to half as much older while one request reads
 * it again. While the state of the source is unchanged, no value is read again; the state is read once for all values.
 * A reload also refreshes recently used entries that will soon be too old, so that a thousand entries in use cost a few
 * reads and not a thousand. Missing values are not cached.
 */
public final class RefreshingCache<T> {

    /** An entry counts as in use for this many times the maximum age after its last use. */
    private static final int IN_USE_AGES = 10;

    /** Maximum scans for entries to refresh, within the maximum age. */
    private static final int MAX_SCANS = 4;

    /** A state of the source, and when the source was last seen in it. */
    private static final class SeenState {

        final Object state;
        volatile long at;

        SeenState(Object state, long at) {
            this.state = state;
            this.at = at;
        }
    }

    /** A value, the state of the source when it was read, and the time of its last use. */
    private static final class Cached<T> {

        final T value;
        final SeenState source;
        volatile long usedAt;
        /** Whether a request is reading the value again; other requests use the old value meanwhile. */
        final AtomicBoolean beingRead = new AtomicBoolean();

        Cached(T value, SeenState source, long usedAt) {
            this.value = value;
            this.source = source;
            this.usedAt = usedAt;
        }
    }

    /**
     * The source of the values.
     *
     * @param name       returns the name of a value
     * @param state      returns the state of the source: while it is equal, no value has changed; {@code Object::new}
     *     = unknown
     * @param check      throws for a name that no value can have
     * @param read       returns the existing values among these names; throws a {@link QueueException}
     * @param most       maximum names per read
     * @param lastWillDo whether the value last read is returned, however old, while the store is unavailable
     */
    public record Source<T>(
            Function<T, String> name,
            Supplier<Object> state,
            Function<String, String> check,
            Function<Set<String>, List<T>> read,
            int most,
            BooleanSupplier lastWillDo) {}

    private final long longest;
    private final Source<T> source;
    private final LongSupplier clock;
    private volatile SeenState seen;
    /** Whether a request is reading the state of the source. */
    private final AtomicBoolean reading = new AtomicBoolean();
    private final Map<String, Cached<T>> entries = new ConcurrentHashMap<>();
    private final AtomicLong scannedAt;
    private final AtomicLong removals = new AtomicLong();

    /** @param longest maximum age of a value; zero = each value is read at each use */
    public RefreshingCache(Duration longest, Source<T> source) {
        this(longest, source, System::nanoTime);
    }

    /** @param clock returns nanoseconds */
    public RefreshingCache(Duration longest, Source<T> source, LongSupplier clock) {
        this.longest = longest.toNanos();
        this.source = source;
        this.clock = clock;
        this.seen = new SeenState(new Object(), clock.getAsLong());
        this.scannedAt = new AtomicLong(clock.getAsLong());
    }

    public Optional<T> find(String wanted) {
        Cached<T> recent = entries.get(wanted);
        if (recent != null) {
            long now = clock.getAsLong();
            long age = now - recent.source.at;
            if (age < longest || age < longest * 3 / 2 && !recent.beingRead.compareAndSet(false, true)) {
                if (now - recent.usedAt > longest) {
                    recent.usedAt = now;
                }
                return Optional.of(recent.value);
            }
        }
        try {
            return Optional.ofNullable(reload(wanted, recent));
        } catch (QueueException unreadable) {
            Cached<T> last = entries.get(wanted);
            if (last == null
                    || unreadable.code() != ErrorCode.STORE_UNAVAILABLE
                    || !source.lastWillDo().getAsBoolean()) {
                throw unreadable;
            }
            return Optional.of(last.value);
        }
    }

    /**
     * @param before the present entry, or null. If the entry is stored or removed during the read, that change is newer
     *     than the value read, and stays
     */
    private T reload(String wanted, Cached<T> before) {
        source.check().apply(wanted);
        long begin = clock.getAsLong();
        if (before != null && begin - before.source.at < longest * 3 / 2 && reading.get()) {
            // another request is reading the state of the source
            before.beingRead.set(false);
            return before.value;
        }
        SeenState present = state(begin);
        if (before != null && before.source == present) {
            before.usedAt = begin;
            before.beingRead.set(false);
            return before.value;
        }
        Map<String, Cached<T>> others = due(wanted, present);
        Map<String, Cached<T>> old = new HashMap<>(others);
        old.put(wanted, before);
        long removalsBefore = removals.get();
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
            long usedAt = name.equals(wanted) ? begin : was.usedAt;
            Cached<T> now = value == null ? null : new Cached<>(value, present, usedAt);
            if (was != null) {
                entries.computeIfPresent(name, (same, current) -> current == was ? now : current);
            } else if (now != null && removals.get() == removalsBefore) {
                entries.putIfAbsent(name, now);
            }
        });
        return found.get(wanted);
    }

    /** The state of the source before values are read in it; it may have been read up to half the maximum age ago. */
    private SeenState state(long now) {
        SeenState last = seen;
        if (now - last.at < longest / 2) {
            return last;
        }
        if (longest == 0) {
            return new SeenState(new Object(), now);
        }
        reading.set(true);
        try {
            Object state = source.state().get();
            if (last.state.equals(state)) {
                last.at = now;
                return last;
            }
            return seen = new SeenState(state, now);
        } finally {
            reading.set(false);
        }
    }

    /**
     * Marks as being read, and returns, the entries in use that were read in another state, have reached half the
     * maximum age and are not being read.
     */
    private Map<String, Cached<T>> due(String wanted, SeenState present) {
        Map<String, Cached<T>> due = new HashMap<>();
        long now = clock.getAsLong();
        long last = scannedAt.get();
        if (longest == 0 || now - last < longest / MAX_SCANS || !scannedAt.compareAndSet(last, now)) {
            return due;
        }
        for (Map.Entry<String, Cached<T>> entry : entries.entrySet()) {
            Cached<T> cached = entry.getValue();
            if (due.size() == source.most() - 1) {
                break;
            }
            if (cached.source != present
                    && now - cached.source.at >= longest / 2
                    && now - cached.usedAt < longest * IN_USE_AGES
                    && !entry.getKey().equals(wanted)
                    && cached.beingRead.compareAndSet(false, true)) {
                due.put(entry.getKey(), cached);
            }
        }
        return due;
    }

    public T remember(T value) {
        long now = clock.getAsLong();
        // the state of the source with this value is not known
        entries.put(source.name().apply(value), new Cached<>(value, new SeenState(new Object(), now), now));
        return value;
    }

    public void forget(String name) {
        removals.incrementAndGet();
        entries.remove(name);
    }
}
