package dev.rowmq.bench;

import dev.rowmq.support.LoadClient.Measured;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Function;

/**
 * Several contenders, measured in alternating rounds, so that other work on the machine affects all of them alike.
 * Ratios are computed within a round.
 *
 * @param id    letter in {@code -Dbench.only}
 * @param title the operation measured
 * @param unit  unit of the rates
 */
record Comparison(String id, String title, String unit, List<Contender> contenders, List<Ratio> ratios) {

    /** @param work measures for about the given time */
    record Contender(String name, Function<Duration, Measured> work) {}

    /**
     * The ratio of one contender's rate to another's.
     *
     * @param goal lowest acceptable ratio; 0 = no goal
     */
    record Ratio(String of, String to, double goal) {}

    /** Median, lowest and highest value of the rounds. */
    record Spread(double median, double min, double max) {

        static Spread of(List<Double> values) {
            List<Double> sorted = values.stream().sorted().toList();
            int half = sorted.size() / 2;
            double median = sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
            return new Spread(median, sorted.getFirst(), sorted.getLast());
        }
    }

    /** The results of one contender. Latencies are those of a request, in milliseconds, over all rounds. */
    record Figures(Spread rate, double latencyMedian, double latency99, double clientMicros) {}

    record RatioResult(Ratio ratio, Spread value) {}

    record Result(Comparison comparison, Map<String, Figures> figures, List<RatioResult> ratios) {}

    /** Returns the same comparison with only these contenders; empty = all. */
    Comparison among(Set<String> names) {
        return names.isEmpty()
                ? this
                : new Comparison(
                        id,
                        title,
                        unit,
                        contenders.stream().filter(contender -> names.contains(contender.name())).toList(),
                        ratios);
    }

    Result run(int rounds, Duration round, Duration warmUp) {
        Map<String, List<Measured>> all = new LinkedHashMap<>();
        for (Contender contender : contenders) {
            System.out.printf("%s: warming up %s%n", id, contender.name());
            contender.work().apply(warmUp);
            all.put(contender.name(), new ArrayList<>());
        }
        for (int i = 1; i <= rounds; i++) {
            for (Contender contender : contenders) {
                Measured measured = contender.work().apply(round);
                all.get(contender.name()).add(measured);
                System.out.printf(
                        "%s: round %d of %d, %s: %,.0f %s, %.0f us of client processor a request%n",
                        id, i, rounds, contender.name(), measured.rate(), unit, measured.clientMicrosPerRequest());
            }
        }
        Map<String, Figures> figures = new LinkedHashMap<>();
        all.forEach((name, measured) -> figures.put(name, figures(measured)));
        List<RatioResult> results = ratios.stream()
                .filter(ratio -> all.containsKey(ratio.of()) && all.containsKey(ratio.to()))
                .map(ratio -> new RatioResult(
                        ratio, pairwise(all.get(ratio.of()), all.get(ratio.to()), (of, to) -> of / to)))
                .toList();
        results.forEach(result -> System.out.printf(
                "%s: %s / %s = %.2f (%.2f to %.2f)%n",
                id,
                result.ratio().of(),
                result.ratio().to(),
                result.value().median(),
                result.value().min(),
                result.value().max()));
        return new Result(this, figures, results);
    }

    private static Spread pairwise(List<Measured> of, List<Measured> to, DoubleBinaryOperator ratio) {
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < of.size(); i++) {
            values.add(ratio.applyAsDouble(of.get(i).rate(), to.get(i).rate()));
        }
        return Spread.of(values);
    }

    private static Figures figures(List<Measured> rounds) {
        var latency = rounds.getFirst().latency().copy();
        rounds.stream().skip(1).forEach(measured -> latency.add(measured.latency()));
        return new Figures(
                Spread.of(rounds.stream().map(Measured::rate).toList()),
                latency.getValueAtPercentile(50) / 1000.0,
                latency.getValueAtPercentile(99) / 1000.0,
                Spread.of(rounds.stream().map(Measured::clientMicrosPerRequest).toList()).median());
    }
}
