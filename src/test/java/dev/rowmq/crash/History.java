package dev.rowmq.crash;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What clients saw, written down by them. Nanoseconds are those of one monotonic clock; instants are the database's. */
final class History {

    /** OK: the answer said yes. FAIL: it said no, which promises that nothing happened. INFO: nobody knows. */
    enum Outcome {
        OK,
        FAIL,
        INFO
    }

    sealed interface Event {
        String token();
    }

    /** @param token unique text that was the body */
    record Sent(String token, Outcome outcome) implements Event {}

    /** @param asked when the receive was sent @param answered when its answer came */
    record Delivered(
            String token,
            String receipt,
            int deliveries,
            long fencingToken,
            Instant leasedAt,
            Instant leaseUntil,
            long asked,
            long answered)
            implements Event {}

    record Acked(String token, String receipt, Outcome outcome, long asked, long answered) implements Event {}

    record Nacked(String token, String receipt, Outcome outcome) implements Event {}

    private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();

    void add(Event event) {
        events.add(event);
    }

    List<Event> events() {
        return List.copyOf(events);
    }
}
