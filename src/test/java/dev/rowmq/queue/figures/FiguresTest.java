package dev.rowmq.queue.figures;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.figures.DeadLetterGroups.DeadLetterGroup;
import dev.rowmq.queue.figures.FigureHistory.Figure;
import dev.rowmq.queue.figures.FigureHistory.Span;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Forecasts, the course of figures, and groups of dead letters. */
class FiguresTest {

    private static final Instant NOW = Instant.now();

    private static QueueFigures queue(int id, long ready, double sent, double acked, Optional<Duration> age) {
        return new QueueFigures(
                new Queue(id, "q" + id, QueueSettings.DEFAULT, 1, false, NOW),
                new QueueStats(QueueCounts.of(QueueCounter.READY, ready), age),
                sent,
                acked,
                0,
                Optional.empty(),
                NOW);
    }

    private static FigureSnapshot snapshot(Instant at, List<QueueFigures> queues) {
        return new FigureSnapshot(
                at,
                new TreeMap<>(queues.stream().collect(Collectors.toMap(one -> one.queue().name(), one -> one))));
    }

    @ParameterizedTest
    @CsvSource({
        "100, 5, 10, PT20S",
        "100, 10, 10,",
        "100, 10, 5,",
        "0, 0, 10,",
        "1, 0, 0.000001,",
        "101, 0, 10, PT11S"
    })
    void a_queue_drains_in_its_backlog_over_the_difference_of_its_rates(
            long ready, double sent, double acked, Duration drains) {
        assertThat(queue(1, ready, sent, acked, Optional.empty()).drainsIn()).isEqualTo(Optional.ofNullable(drains));
    }

    @Test
    void a_course_has_a_point_each_two_seconds_and_each_minute_and_ends_with_its_range() {
        FigureHistory history = new FigureHistory();
        Instant begin = NOW.minus(Duration.ofMinutes(20));
        for (int second = 0; second <= 20 * 60; second++) {
            history.add(snapshot(begin.plusSeconds(second), List.of(queue(1, second, 1, 0, Optional.empty()))));
        }
        FigureHistory.Series minutes = history.series(queue(1, 0, 0, 0, Optional.empty()).queue(), Span.MINUTES_15);
        assertThat(minutes.times()).hasSizeBetween(445, 450);
        assertThat(minutes.values().get(Figure.READY)[0]).isBetween(290f, 310f);
        assertThat(minutes.values().get(Figure.READY)[minutes.times().size() - 1]).isEqualTo(1200f);
        FigureHistory.Series hours = history.sum(Span.HOURS_24);
        assertThat(hours.times()).hasSizeBetween(20, 23);
        assertThat(history.growth(queue(1, 0, 0, 0, Optional.empty()), Figure.READY)).isBetween(890f, 910f);
        assertThat(history.trend(queue(1, 0, 0, 0, Optional.empty()).queue(), 30)).hasSize(30).isSorted();
    }

    @Test
    void active_queues_take_the_place_of_idle_ones_and_deleted_ones_are_forgotten() {
        FigureHistory history = new FigureHistory();
        Instant begin = NOW.minusSeconds(60);
        List<QueueFigures> hundred = IntStream.rangeClosed(1, 100)
                .mapToObj(id -> queue(id, 1, 0, 0, Optional.empty()))
                .toList();
        history.add(snapshot(begin, hundred));
        List<QueueFigures> then = new ArrayList<>(hundred);
        then.add(queue(101, 1, 0, 0, Optional.empty()));
        history.add(snapshot(begin.plusSeconds(2), then));
        assertThat(kept(history, then)).as("it was not active yet").hasSize(100).doesNotContain(101);
        then.set(100, queue(101, 2, 0, 0, Optional.empty()));
        history.add(snapshot(begin.plusSeconds(4), then));
        assertThat(kept(history, then)).hasSize(100).contains(101);
        history.add(snapshot(begin.plusSeconds(6), List.of(queue(101, 3, 0, 0, Optional.empty()))));
        assertThat(history.trend(queue(1, 0, 0, 0, Optional.empty()).queue(), 30)).isEmpty();
    }

    private static List<Integer> kept(FigureHistory history, List<QueueFigures> queues) {
        return queues.stream()
                .map(QueueFigures::queue)
                .filter(queue -> !history.trend(queue, 30).isEmpty())
                .map(Queue::id)
                .toList();
    }

    @Test
    void a_clock_that_is_set_back_begins_anew() {
        FigureHistory history = new FigureHistory();
        for (int second : new int[] {0, 2, 4, -3600, -3598}) {
            history.add(snapshot(NOW.plusSeconds(second), List.of(queue(1, 1, 0, 0, Optional.empty()))));
        }
        assertThat(history.sum(Span.HOURS_24).times()).hasSizeBetween(2, 4);
    }

    @Test
    void errors_that_differ_in_numbers_and_identifiers_are_one_group() {
        List<DeadLetter.Summary> letters = IntStream.range(0, 6)
                .mapToObj(i -> new DeadLetter.Summary(
                        "m-" + i,
                        i == 5 ? DeadLetter.Reason.EXPIRED : DeadLetter.Reason.MAX_DELIVERIES,
                        i < 3
                                ? Optional.of("order 7%d of 1b4e28ba-2fa1-11d2-883f-0016d3cca42%d: no stock"
                                        .formatted(i, i))
                                : i == 3 ? Optional.of("no stock") : Optional.empty(),
                        NOW.plusSeconds(i)))
                .toList();
        Map<String, DeadLetterGroup> groups = DeadLetterGroups.group(letters).stream()
                .collect(Collectors.toMap(group -> group.reason() + " " + group.error().orElse("none"), one -> one));
        assertThat(groups).containsOnlyKeys(
                "MAX_DELIVERIES order # of #: no stock",
                "MAX_DELIVERIES no stock",
                "MAX_DELIVERIES none",
                "EXPIRED none");
        DeadLetterGroup first = groups.get("MAX_DELIVERIES order # of #: no stock");
        assertThat(first.count()).isEqualTo(3);
        assertThat(first.sample()).isEqualTo("m-2");
        assertThat(first.firstDeadAt()).isEqualTo(NOW);
        assertThat(first.lastDeadAt()).isEqualTo(NOW.plusSeconds(2));
    }

    @Test
    void a_fingerprint_costs_no_more_than_the_length_of_the_error() {
        String error = "abcdef01-".repeat(100_000);
        Assertions.assertTimeout(
                Duration.ofSeconds(5), () -> DeadLetterGroups.fingerprint(error));
    }
}
