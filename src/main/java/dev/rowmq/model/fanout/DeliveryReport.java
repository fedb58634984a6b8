package dev.rowmq.model.fanout;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Recent deliveries of a {@link Subscription}.
 *
 * @param attempts the last {@value #ATTEMPTS} calls, newest first
 * @param minutes  totals per minute of the last hour, oldest first
 */
public record DeliveryReport(Circuit circuit, List<Attempt> attempts, List<Minute> minutes) {

    public static final int ATTEMPTS = 20;
    public static final int MINUTES = 60;

    /** State of the circuit breaker. The constants are ordered from best to worst. */
    public enum Circuit {
        CLOSED,
        /** One probe call checks whether the receiver works again. */
        HALF_OPEN,
        /** No calls are made for a while, because the last ones failed. */
        OPEN
    }

    /**
     * One call.
     *
     * @param messageId id of the first message
     * @param messages  number of messages in the call
     * @param status    HTTP status of the answer; 0 = no answer
     * @param error     empty when the answer was 2xx
     */
    public record Attempt(Instant at, String messageId, int messages, int status, long millis, String error) {}

    /**
     * The calls of one minute.
     *
     * @param minute   minutes since 1970
     * @param messages number of messages delivered
     */
    public record Minute(long minute, long succeeded, long failed, long messages) {

        public Minute plus(Minute other) {
            return new Minute(minute, succeeded + other.succeeded, failed + other.failed, messages + other.messages);
        }
    }

    /** Merges the reports of several instances; the circuit is the worst of theirs. */
    public static DeliveryReport merged(List<DeliveryReport> reports) {
        Map<Long, Minute> minutes = new TreeMap<>();
        List<Attempt> attempts = new ArrayList<>();
        Circuit worst = Circuit.CLOSED;
        for (DeliveryReport report : reports) {
            report.minutes().forEach(minute -> minutes.merge(minute.minute(), minute, Minute::plus));
            attempts.addAll(report.attempts());
            worst = report.circuit().compareTo(worst) > 0 ? report.circuit() : worst;
        }
        attempts.sort(Comparator.comparing(Attempt::at).reversed());
        return new DeliveryReport(
                worst,
                List.copyOf(attempts.subList(0, Math.min(ATTEMPTS, attempts.size()))),
                List.copyOf(minutes.values()));
    }

    /** Returns the sum of the last {@code minutesAgo} minutes, including the current one. */
    public Minute since(long minutesAgo, Instant now) {
        long first = now.getEpochSecond() / 60 - minutesAgo + 1;
        return minutes.stream()
                .filter(minute -> minute.minute() >= first)
                .reduce(new Minute(first, 0, 0, 0), Minute::plus);
    }
}
