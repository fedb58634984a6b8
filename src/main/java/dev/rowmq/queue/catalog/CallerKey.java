package dev.rowmq.queue.catalog;

import java.util.Optional;

/** The API key of the current request. A background job and a service without keys have none. */
public final class CallerKey {

    private static final ScopedValue<String> CURRENT = ScopedValue.newInstance();

    private CallerKey() {}

    /** Runs an action for the key of that name. */
    public static <T, X extends Throwable> T call(String key, ScopedValue.CallableOp<T, X> action) throws X {
        return ScopedValue.where(CURRENT, key).call(action);
    }

    /** The name of the current caller's key. */
    public static Optional<String> name() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }
}
