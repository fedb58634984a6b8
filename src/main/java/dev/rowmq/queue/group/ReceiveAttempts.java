package dev.rowmq.queue.group;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.springframework.stereotype.Component;

/**
 * The receipts of receives that named an attempt, so that a receive with the same attempt, which a client sends when it
 * did not get the answer, gets the same messages. Kept for five minutes in the memory of this instance: after a restart
 * or on another instance the messages wait until their leases end.
 */
@Component
public class ReceiveAttempts {

    private static final long WINDOW_NANOS = Duration.ofMinutes(5).toNanos();
    private static final int MAX_ATTEMPTS = 10_000;

    private record AttemptKey(int queueId, String attempt) {}

    private record EarlierAnswer(List<String> receipts, long at) {}

    /** In the order in which they were answered. */
    private final Map<AttemptKey, EarlierAnswer> answered = new LinkedHashMap<>();

    /** The receipts of the attempt's earlier answer, once; empty when there was none. */
    public synchronized List<String> take(int queueId, String attempt) {
        EarlierAnswer earlier = answered.remove(new AttemptKey(queueId, attempt));
        return earlier == null || System.nanoTime() - earlier.at() > WINDOW_NANOS ? List.of() : earlier.receipts();
    }

    public synchronized void record(int queueId, String attempt, List<String> receipts) {
        answered.put(new AttemptKey(queueId, attempt), new EarlierAnswer(receipts, System.nanoTime()));
        Iterator<EarlierAnswer> oldest = answered.values().iterator();
        while (System.nanoTime() - oldest.next().at() > WINDOW_NANOS || answered.size() > MAX_ATTEMPTS) {
            oldest.remove();
        }
    }
}
