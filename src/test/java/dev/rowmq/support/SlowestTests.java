package dev.rowmq.support;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Prints the 20 slowest tests and the 20 slowest classes, classes with their set-up. The test classes of a run are
 * shared out to several processes, which collect their times in a common file. Each process prints the lists when it
 * ends: the last lists of a run are complete.
 */
public final class SlowestTests implements TestExecutionListener {

    private static final int SHOWN = 20;

    private static final Path FILE = Path.of(System.getProperty("rowmq.test.times", "target/test-times.tsv"));

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(SlowestTests::print));
    }

    private final Map<TestIdentifier, Long> begins = new ConcurrentHashMap<>();
    private final List<String> lines = new ArrayList<>();

    @Override
    public void executionStarted(TestIdentifier test) {
        begins.put(test, System.nanoTime());
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        long millis = (System.nanoTime() - begins.remove(test)) / 1_000_000;
        test.getSource().ifPresent(source -> {
            if (test.isTest() && source instanceof MethodSource method) {
                add("tests", millis, method.getClassName() + "." + test.getDisplayName());
            } else if (source instanceof ClassSource type && !test.getUniqueId().contains("[nested-class:")) {
                add("classes", millis, type.getClassName());
            }
        });
    }

    private synchronized void add(String kind, long millis, String name) {
        lines.add(kind + "\t" + millis + "\t" + name.replaceAll("\\s+", " ").replace("dev.rowmq.", ""));
    }

    @Override
    public synchronized void testPlanExecutionFinished(TestPlan plan) {
        try {
            Files.createDirectories(FILE.toAbsolutePath().getParent());
            Files.write(FILE, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            lines.clear();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void print() {
        try (PrintStream out =
                new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8)) {
            List<String[]> all =
                    Files.readAllLines(FILE).stream().map(line -> line.split("\t")).toList();
            for (String kind : List.of("tests", "classes")) {
                out.print("The slowest " + kind + ", in seconds:\n");
                all.stream()
                        .filter(line -> line[0].equals(kind))
                        .collect(Collectors.groupingBy(line -> line[2], Collectors.summingLong(
                                line -> Long.parseLong(line[1]))))
                        .entrySet()
                        .stream()
                        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                        .limit(SHOWN)
                        .forEach(one -> out.print("%8.1f  %s\n".formatted(one.getValue() / 1000.0, one.getKey())));
            }
        } catch (IOException noTestRan) {
            // the file is missing only when no test plan came to its end
        }
    }
}
