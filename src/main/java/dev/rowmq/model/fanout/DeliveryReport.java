package dev.rowmq.model.fanout;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the deliveries of a {@link Subscription} went.
 *
 * @param attempts the last {@value #ATTEMPTS}, the newest first
 * @param minutes  of the last hour, the oldest first
 */
public record DeliveryReport(Circuit circuit, List<Attempt> attempts, List<Minute> minutes) {

    public static final int ATTEMPTS = 20;
    public static final int MINUTES = 60;

    /** Whether calls are made; the later, the worse. */
    public enum Circuit {
        CLOSED,
        /** One call is made to see whether the receiver works again. */
        HALF_OPEN,
        /** No calls are made for a while, as the last ones failed. */
        OPEN
    }

    /**
     * One call.
     *
     * @param messageId the id of its first message
     * @param messages  how many it carried
     * @param status    of the answer; 0 = there was none
     * @param error     empty when the answer was 2xx
     */
    public record Attempt(Instant at, String messageId, int messages, int status, long millis, String error) {}

    /**
     * The calls of one minute.
     *
     * @param minute   since 1970
     * @param messages those delivered
     */
    public record Minute(long minute, long succeeded, long failed, long messages) {

        public Minute plus(Minute other) {
            return new Minute(minute, succeeded + other.succeeded, failed + other.failed, messages + other.messages);
        }
    }

    /** One report of what several instances tell. */
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

    /** All calls of the last so many minutes, the running one among them. */
    public Minute since(long minutesAgo, Instant now) {
        long first = now.getEpochSecond() / 60 - minutesAgo + 1;
        return minutes.stream()
                .filter(minute -> minute.minute() >= first)
                .reduce(new Minute(first, 0, 0, 0), Minute::plus);
    }
}
