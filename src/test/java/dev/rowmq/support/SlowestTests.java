package dev.rowmq.support;

import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Prints the 20 slowest tests and the 20 slowest classes at the end of a run, classes with their set-up. */
public final class SlowestTests implements TestExecutionListener {

    private static final int SHOWN = 20;

    private final Map<TestIdentifier, Long> begins = new ConcurrentHashMap<>();
    private final Map<String, Long> tests = new ConcurrentHashMap<>();
    private final Map<String, Long> classes = new ConcurrentHashMap<>();

    @Override
    public void executionStarted(TestIdentifier test) {
        begins.put(test, System.nanoTime());
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        long nanos = System.nanoTime() - begins.remove(test);
        test.getSource().ifPresent(source -> {
            if (test.isTest() && source instanceof MethodSource method) {
                tests.merge(method.getClassName() + "." + test.getDisplayName(), nanos, Long::sum);
            } else if (source instanceof ClassSource type) {
                classes.merge(type.getClassName(), nanos, Long::sum);
            }
        });
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        print("tests", tests);
        print("classes", classes);
    }

    private static void print(String kind, Map<String, Long> nanos) {
        StringBuilder lines = new StringBuilder("The slowest " + kind + ", in seconds:\n");
        nanos.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(SHOWN)
                .forEach(one -> lines.append("%8.1f  %s%n"
                        .formatted(
                                Duration.ofNanos(one.getValue()).toMillis() / 1000.0,
                                one.getKey().replace("dev.rowmq.", ""))));
        System.out.print(lines);
    }
}
