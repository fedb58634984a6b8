package dev.rowmq.queue.catalog;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import java.util.List;

/**
 * The queues that the caller of the current request may use, by patterns of their names. Every lookup of a queue that
 * the caller has named checks the scope of the current thread; topics have to match the patterns too. A thread without
 * a scope may use all queues: a request whose key is not limited, and every background job.
 */
public final class QueueScope {

    private static final ScopedValue<QueueScope> CURRENT = ScopedValue.newInstance();

    private final List<String> patterns;

    /** @param patterns names of queues, in which {@code *} stands for any number of characters; one has to match */
    public QueueScope(List<String> patterns) {
        this.patterns = List.copyOf(patterns);
    }

    /** Runs an action whose lookups are limited to this scope. */
    public <T, X extends Throwable> T call(ScopedValue.CallableOp<T, X> action) throws X {
        return ScopedValue.where(CURRENT, this).call(action);
    }

    /** Whether the current caller may use some queues only. */
    public static boolean isLimited() {
        return CURRENT.isBound();
    }

    /** The patterns of the current caller; empty for a caller who may use all queues. */
    public static List<String> patterns() {
        return isLimited() ? CURRENT.get().patterns : List.of();
    }

    /** Whether the current caller may use the queue. */
    public static boolean allows(String queue) {
        return !isLimited() || CURRENT.get().includes(queue);
    }

    /**
     * Returns the name.
     *
     * @throws QueueException FORBIDDEN when the current caller may not use the queue, whether it exists or not
     */
    public static String checked(String queue) {
        if (!allows(queue)) {
            throw new QueueException(
                    ErrorCode.FORBIDDEN,
                    "queue",
                    "the API key is limited to the queues %s; '%s' is not one of them"
                            .formatted(String.join(", ", patterns()), SafeText.of(queue, 100)));
        }
        return queue;
    }

    /**
     * Requires a caller who may use all queues.
     *
     * @throws QueueException FORBIDDEN, with the reason in its text
     */
    public static void requireAll(String reason) {
        if (isLimited()) {
            throw new QueueException(
                    ErrorCode.FORBIDDEN,
                    "the API key is limited to the queues %s, and %s"
                            .formatted(String.join(", ", patterns()), reason));
        }
    }

    /** The name in quotes, or that it is another one, if the current caller may not use it. */
    static String named(String kind, String name) {
        return allows(name) ? "'" + name + "'" : "another " + kind;
    }

    boolean includes(String queue) {
        return patterns.stream().anyMatch(pattern -> matches(pattern, queue));
    }

    /**
     * Matches by at most {@code pattern.length() * name.length()} steps: after a mismatch, only the last asterisk takes
     * one more character.
     */
    private static boolean matches(String pattern, String name) {
        int p = 0;
        int asterisk = -1;
        int taken = 0;
        for (int n = 0; n < name.length(); ) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                asterisk = p++;
                taken = n;
            } else if (p < pattern.length() && pattern.charAt(p) == name.charAt(n)) {
                p++;
                n++;
            } else if (asterisk >= 0) {
                p = asterisk + 1;
                n = ++taken;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
