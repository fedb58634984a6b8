package dev.rowmq.bench;

import dev.rowmq.bench.Comparison.Figures;
import dev.rowmq.bench.Comparison.RatioResult;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import tools.jackson.databind.json.JsonMapper;

/** The results as a Markdown table, as JSON and as charts, in {@code target/bench}. */
final class Report {

    /** A result other than a comparison of rates. */
    record Finding(String id, String what, String measured, String goal) {}

    private final Map<String, String> facts = new LinkedHashMap<>();
    private final List<Comparison.Result> results = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    Report() {
        fact("date", LocalDate.now().toString());
        fact(
                "machine",
                "%d processors shared by everything, %s %s"
                        .formatted(
                                Runtime.getRuntime().availableProcessors(),
                                System.getProperty("os.name"),
                                System.getProperty("os.arch")));
        fact("Java", System.getProperty("java.vm.version") + ", heap of the service " + Service.HEAP);
    }

    void fact(String name, String value) {
        facts.put(name, value);
        System.out.println(name + ": " + value);
    }

    void add(Comparison.Result result) {
        results.add(result);
        write();
    }

    void add(Finding finding) {
        findings.add(finding);
        System.out.printf("%s: %s: %s (goal: %s)%n", finding.id(), finding.what(), finding.measured(), finding.goal());
        write();
    }

    /** Writes all results so far. */
    void write() {
        try {
            Path folder = Files.createDirectories(Path.of("target/bench"));
            Files.writeString(folder.resolve("results.md"), markdown());
            Files.writeString(
                    folder.resolve("results.json"),
                    JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(json()));
            Files.writeString(folder.resolve("throughput.svg"), throughput());
            Files.writeString(folder.resolve("latency.svg"), latency());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Map<String, Object> json() {
        List<Map<String, Object>> comparisons = results.stream()
                .map(result -> Map.<String, Object>of(
                        "id", result.comparison().id(),
                        "work", result.comparison().title(),
                        "unit", result.comparison().unit(),
                        "figures", result.figures(),
                        "ratios", result.ratios()))
                .toList();
        return Map.of("facts", facts, "comparisons", comparisons, "findings", findings);
    }

    private String markdown() {
        StringBuilder text = new StringBuilder();
        facts.forEach((name, value) -> text.append("* ").append(name).append(": ").append(value).append('\n'));
        text.append("\n| | work | who | median (min to max) | latency, median / 99 % | ratio (min to max), goal |\n"
                + "| --- | --- | --- | --- | --- | --- |\n");
        for (Comparison.Result result : results) {
            result.figures()
                    .forEach((name, figures) -> text.append("| %s | %s | %s | %,.0f (%,.0f to %,.0f) %s | %s | %s |\n"
                            .formatted(
                                    result.comparison().id(),
                                    result.comparison().title(),
                                    name,
                                    figures.rate().median(),
                                    figures.rate().min(),
                                    figures.rate().max(),
                                    result.comparison().unit(),
                                    figures.latency99() == 0
                                            ? ""
                                            : "%.1f / %.1f ms".formatted(figures.latencyMedian(), figures.latency99()),
                                    String.join(
                                            "; ",
                                            result.ratios().stream()
                                                    .filter(ratio ->
                                                            ratio.ratio().of().equals(name))
                                                    .map(Report::text)
                                                    .toList()))));
        }
        for (Finding finding : findings) {
            text.append("| %s | %s | | %s | | %s |\n"
                    .formatted(finding.id(), finding.what(), finding.measured(), finding.goal()));
        }
        return text.toString();
    }

    private static String text(RatioResult ratio) {
        return "%.2f (%.2f to %.2f) of %s%s"
                .formatted(
                        ratio.value().median(),
                        ratio.value().min(),
                        ratio.value().max(),
                        ratio.ratio().to(),
                        ratio.ratio().goal() == 0 ? "" : ", goal %.2f".formatted(ratio.ratio().goal()));
    }

    private String throughput() {
        Bars bars = new Bars("Throughput: median, and lowest to highest round");
        for (Comparison.Result result : results) {
            bars.group(result.comparison().id() + ": " + result.comparison().title() + ", "
                    + result.comparison().unit());
            result.figures().forEach((name, figures) -> bars.bar(
                    name, figures.rate().median(), figures.rate().min(), figures.rate().max(), "%,.0f"));
        }
        return bars.svg();
    }

    private String latency() {
        Bars bars = new Bars("Latency of a request at that load: median, and up to 99 %");
        for (Comparison.Result result : results) {
            bars.group(result.comparison().id() + ": " + result.comparison().title() + ", ms");
            for (Map.Entry<String, Figures> one : result.figures().entrySet()) {
                Figures figures = one.getValue();
                if (figures.latency99() > 0) {
                    bars.bar(
                            one.getKey(),
                            figures.latencyMedian(),
                            figures.latencyMedian(),
                            figures.latency99(),
                            "%.1f");
                }
            }
        }
        return bars.svg();
    }
}
