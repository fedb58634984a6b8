package dev.rowmq.queue;

import dev.rowmq.message.ErrorCode;
import dev.rowmq.message.Refusal;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Things by name as they were read not long ago: no longer than a given time, and half as much again while one request reads
 * the thing anew. What is not there is not remembered.
 */
final class Recent<T> {

    /** @param beingRead whether somebody is reading it anew: the others need not */
    private record Known<T>(T value, long readAt, AtomicBoolean beingRead) {

        boolean youngerThan(long nanos) {
            return System.nanoTime() - readAt < nanos;
        }
    }

    private final long longest;
    private final Map<String, Known<T>> known = new ConcurrentHashMap<>();

    Recent(Duration longest) {
        this.longest = longest.toNanos();
    }

    Optional<T> find(String name, Function<String, Optional<T>> read) {
        Known<T> recent = known.get(name);
        if (recent != null
                && (recent.youngerThan(longest)
                        || recent.youngerThan(longest * 3 / 2) && !recent.beingRead().compareAndSet(false, true))) {
            return Optional.of(recent.value());
        }
        Optional<T> now = read.apply(name);
        now.ifPresentOrElse(value -> remember(name, value), () -> forget(name));
        return now;
    }

    /**
     * As {@link #find(String, Function)}; when it cannot be read, what was read last is the answer, however old that is.
     *
     * @param lastWillDo whether it is
     */
    Optional<T> find(String name, Function<String, Optional<T>> read, BooleanSupplier lastWillDo) {
        try {
            return find(name, read);
        } catch (Refusal unreadable) {
            Known<T> last = known.get(name);
            if (last == null || unreadable.code() != ErrorCode.STORE_UNAVAILABLE || !lastWillDo.getAsBoolean()) {
                throw unreadable;
            }
            return Optional.of(last.value());
        }
    }

    T remember(String name, T value) {
        known.put(name, new Known<>(value, System.nanoTime(), new AtomicBoolean()));
        return value;
    }

    void forget(String name) {
        known.remove(name);
    }
}
