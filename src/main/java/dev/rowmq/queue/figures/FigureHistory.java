package dev.rowmq.queue.figures;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.QueueScope;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import org.springframework.stereotype.Component;

/**
 * The course of the figures, in the memory of this instance: about every 2 s for 15 minutes, and every minute for 24
 * hours. It is kept for the sum of all queues and for {@value #MAX_QUEUES} queues, those with the latest activity; that
 * is about 6 MB. It begins when the instance starts.
 */
@Component
public class FigureHistory {

    /** Maximum number of queues with a history of their own. */
    public static final int MAX_QUEUES = 100;

    /** Key of the sum of all queues; no queue has it. */
    private static final int SUM = 0;

    /** The figures whose course is kept. */
    public enum Figure {
        READY,
        DELAYED,
        IN_FLIGHT,
        DEAD,
        /** Seconds; the greatest of all queues. */
        OLDEST_AGE,
        SENT_PER_SECOND,
        ACKED_PER_SECOND,
        DEAD_PER_SECOND
    }

    /** How far a series reaches back, and the least time between two of its points. */
    public enum Span {
        MINUTES_15(Duration.ofMinutes(15), Duration.ofSeconds(2)),
        HOURS_24(Duration.ofHours(24), Duration.ofMinutes(1));

        private final Duration length;
        private final Duration step;

        Span(Duration length, Duration step) {
            this.length = length;
            this.step = step;
        }

        public Duration length() {
            return length;
        }

        /** Snapshots come a little early or late, so that a step may be up to a tenth shorter. */
        private boolean due(Instant last, Instant now) {
            Duration since = Duration.between(last, now);
            // after a clock was set back, points are taken at once
            return since.isNegative() || since.compareTo(step.multipliedBy(9).dividedBy(10)) >= 0;
        }
    }

    /**
     * The values of each figure in a range, the oldest first.
     *
     * @param values by figure, one for each time; NaN where the queue had no history yet
     */
    public record Series(List<Instant> times, Map<Figure, float[]> values) {}

    /** A ring of points for each kept queue. All queues share the times. */
    private static final class Ring {

        final Span range;
        final int size;
        final Instant[] times;
        final Map<Integer, float[][]> values = new HashMap<>();
        int points;

        Ring(Span range) {
            this.range = range;
            this.size = (int) range.length.dividedBy(range.step);
            this.times = new Instant[size];
        }

        boolean due(Instant now) {
            return points == 0 || range.due(times[(points - 1) % size], now);
        }

        void add(Instant now, Map<Integer, float[]> figures) {
            int slot = points++ % size;
            times[slot] = now;
            values.keySet().retainAll(figures.keySet());
            figures.forEach((key, figure) -> {
                float[][] rings = values.computeIfAbsent(key, absent -> empty());
                for (int i = 0; i < figure.length; i++) {
                    rings[i][slot] = figure[i];
                }
            });
        }

        /** The last value less the first one in the range; 0 without a history. */
        float growth(int key, Figure figure, Instant now) {
            float[][] all = values.get(key);
            if (all == null) {
                return 0;
            }
            float[] ring = all[figure.ordinal()];
            for (int point = Math.max(0, points - size); point < points; point++) {
                int slot = point % size;
                if (!Float.isNaN(ring[slot]) && Duration.between(times[slot], now).compareTo(range.length) <= 0) {
                    return ring[(points - 1) % size] - ring[slot];
                }
            }
            return 0;
        }

        private float[][] empty() {
            float[][] rings = new float[Figure.values().length][size];
            for (float[] ring : rings) {
                Arrays.fill(ring, Float.NaN);
            }
            return rings;
        }

        Series series(int key, Instant now) {
            List<Integer> slots = new ArrayList<>();
            List<Instant> at = new ArrayList<>();
            for (int point = Math.max(0, points - size); point < points; point++) {
                Instant time = times[point % size];
                if (Duration.between(time, now).compareTo(range.length) <= 0) {
                    slots.add(point % size);
                    at.add(time);
                }
            }
            float[][] rings = values.get(key);
            Map<Figure, float[]> series = new HashMap<>();
            for (Figure figure : Figure.values()) {
                float[] ring = rings == null ? null : rings[figure.ordinal()];
                float[] line = new float[slots.size()];
                for (int i = 0; i < line.length; i++) {
                    line[i] = ring == null ? Float.NaN : ring[slots.get(i)];
                }
                series.put(figure, line);
            }
            return new Series(at, series);
        }
    }

    private final Map<Span, Ring> rings = Map.of(
            Span.MINUTES_15, new Ring(Span.MINUTES_15), Span.HOURS_24, new Ring(Span.HOURS_24));
    /** The queues with a history, and when each was last active. */
    private final Map<Integer, Instant> kept = new HashMap<>();
    /** The counters of all queues in the last snapshot: a queue is active when they change. */
    private Map<Integer, QueueCounts> counts = Map.of();

    synchronized void add(FigureSnapshot snapshot) {
        Instant now = snapshot.readAt();
        choose(snapshot);
        Map<Integer, float[]> figures = new HashMap<>();
        float[] sum = new float[Figure.values().length];
        for (QueueFigures queue : snapshot.queues().values()) {
            float[] own = values(queue);
            for (int i = 0; i < sum.length; i++) {
                sum[i] = i == Figure.OLDEST_AGE.ordinal() ? Math.max(sum[i], own[i]) : sum[i] + own[i];
            }
            if (kept.containsKey(queue.queue().id())) {
                figures.put(queue.queue().id(), own);
            }
        }
        figures.put(SUM, sum);
        for (Ring ring : rings.values()) {
            if (ring.due(now)) {
                ring.add(now, figures);
            }
        }
    }

    /** Keeps the queues that are active; an active queue without a history takes the place of the longest idle one. */
    private void choose(FigureSnapshot snapshot) {
        Map<Integer, QueueCounts> present = new HashMap<>();
        Set<Integer> active = new LinkedHashSet<>();
        for (QueueFigures queue : snapshot.queues().values()) {
            int id = queue.queue().id();
            QueueCounts before = counts.get(id);
            present.put(id, queue.stats().counts());
            if (before == null ? holds(queue) && kept.size() < MAX_QUEUES : !before.equals(queue.stats().counts())) {
                active.add(id);
            }
        }
        counts = present;
        kept.keySet().retainAll(present.keySet());
        kept.replaceAll((id, last) -> active.contains(id) ? snapshot.readAt() : last);
        for (int id : active) {
            if (!kept.containsKey(id) && (kept.size() < MAX_QUEUES || removeIdle(snapshot.readAt()))) {
                kept.put(id, snapshot.readAt());
            }
        }
    }

    private boolean removeIdle(Instant now) {
        Optional<Map.Entry<Integer, Instant>> idle = kept.entrySet().stream()
                .min(Map.Entry.comparingByValue())
                .filter(entry -> entry.getValue().isBefore(now));
        idle.ifPresent(entry -> kept.remove(entry.getKey()));
        return idle.isPresent();
    }

    private static boolean holds(QueueFigures queue) {
        return queue.stats().counts().held() > 0 || queue.get(QueueCounter.DEAD) > 0;
    }

    private static float[] values(QueueFigures queue) {
        float[] values = new float[Figure.values().length];
        values[Figure.READY.ordinal()] = queue.get(QueueCounter.READY);
        values[Figure.DELAYED.ordinal()] = queue.get(QueueCounter.DELAYED);
        values[Figure.IN_FLIGHT.ordinal()] = queue.get(QueueCounter.IN_FLIGHT);
        values[Figure.DEAD.ordinal()] = queue.get(QueueCounter.DEAD);
        values[Figure.OLDEST_AGE.ordinal()] =
                queue.stats().oldestAge().map(Duration::toMillis).orElse(0L) / 1000f;
        values[Figure.SENT_PER_SECOND.ordinal()] = (float) queue.sentPerSecond();
        values[Figure.ACKED_PER_SECOND.ordinal()] = (float) queue.ackedPerSecond();
        values[Figure.DEAD_PER_SECOND.ordinal()] = (float) queue.deadPerSecond();
        return values;
    }

    /** The course of a queue's figures up to now; only NaN for a queue without a history. */
    public synchronized Series series(Queue queue, Span range) {
        return rings.get(range).series(queue.id(), Instant.now());
    }

    /**
     * The course of the sum of all queues.
     *
     * @throws dev.rowmq.model.error.QueueException FORBIDDEN for a caller with a {@link QueueScope}
     */
    public synchronized Series sum(Span range) {
        QueueScope.requireAll("this is the sum of all queues; name a queue");
        return rings.get(range).series(SUM, Instant.now());
    }

    /** Means of ready and in flight together over the last 15 minutes, the oldest first; empty without a history. */
    public synchronized List<Float> trend(Queue queue, int points) {
        Instant now = Instant.now();
        Series series = rings.get(Span.MINUTES_15).series(queue.id(), now);
        float[] ready = series.values().get(Figure.READY);
        float[] inFlight = series.values().get(Figure.IN_FLIGHT);
        float[] sums = new float[points];
        int[] numbers = new int[points];
        for (int i = 0; i < ready.length; i++) {
            if (!Float.isNaN(ready[i])) {
                long age = Duration.between(series.times().get(i), now).toMillis();
                int point = points - 1 - (int) Math.min(points - 1, age * points / Span.MINUTES_15.length.toMillis());
                sums[point] += ready[i] + inFlight[i];
                numbers[point]++;
            }
        }
        List<Float> trend = new ArrayList<>();
        for (int i = 0; i < points; i++) {
            if (numbers[i] > 0) {
                trend.add((float) Math.round(sums[i] / numbers[i]));
            }
        }
        return trend;
    }

    /** How much a figure of the queue grew within the last minutes, as far as its history reaches; 0 without one. */
    public synchronized float growth(QueueFigures queue, Figure figure) {
        return rings.get(Span.MINUTES_15).growth(queue.queue().id(), figure, Instant.now());
    }
}
