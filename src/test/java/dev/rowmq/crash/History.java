package dev.rowmq.crash;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/**
 * The events that clients observed and recorded. Nanoseconds are those of one monotonic clock; instants are the
 * database's.
 */
final class History {

    /**
     * OK: the request succeeded. FAIL: it was refused, which guarantees that nothing happened. INFO: the outcome is
     * uncertain.
     */
    enum Outcome {
        OK,
        FAIL,
        INFO
    }

    sealed interface Event {
        String token();
    }

    /** @param token unique text, sent as the body */
    record Sent(String token, Outcome outcome) implements Event {}

    /**
     * @param asked    when the receive was sent
     * @param answered when its answer arrived
     */
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

    /** Merges several histories into one. */
    static History of(List<History> parts) {
        History all = new History();
        parts.forEach(part -> all.events.addAll(part.events));
        return all;
    }

    /** Number of receives and acks that were answered between these times, in nanoseconds. */
    long answeredBetween(long from, long to) {
        return events.stream()
                .mapToLong(event -> switch (event) {
                    case Delivered delivered -> delivered.answered();
                    case Acked acked -> acked.answered();
                    default -> Long.MIN_VALUE;
                })
                .filter(answered -> answered >= from && answered <= to)
                .count();
    }

    /**
     * Number of deliveries that were leased at that time, were not given back, and were delivered again after the lease
     * had ended.
     */
    long leasesEndedAfter(Instant moment) {
        Set<String> givenBack = events.stream()
                .filter(Nacked.class::isInstance)
                .map(nacked -> ((Nacked) nacked).receipt())
                .collect(Collectors.toSet());
        Map<String, List<Delivered>> deliveries = events.stream()
                .filter(Delivered.class::isInstance)
                .map(Delivered.class::cast)
                .collect(Collectors.groupingBy(Delivered::token));
        return deliveries.values().stream()
                .flatMap(List::stream)
                .filter(held -> held.leasedAt().isBefore(moment) && held.leaseUntil().isAfter(moment))
                .filter(held -> !givenBack.contains(held.receipt()))
                .filter(held -> deliveries.get(held.token()).stream()
                        .anyMatch(later -> !later.leasedAt().isBefore(held.leaseUntil())))
                .count();
    }
}
