package dev.rowmq.maintenance;

import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.QueueService;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Reports the memory use of the process as meters, and as a log line with queue totals when
 * {@code rowmq.maintenance.memory-report} is set.
 */
@Component
class MemoryReport {

    private static final long MEGABYTE = 1 << 20;

    private final QueueService queues;
    private final JobRunner runner;
    private final MaintenanceProperties properties;
    private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();

    MemoryReport(QueueService queues, JobRunner runner, MaintenanceProperties properties, MeterRegistry meters) {
        this.queues = queues;
        this.runner = runner;
        this.properties = properties;
        gauge(meters, "rowmq.memory.heap", "bytes", MemoryReport::heap);
        gauge(meters, "rowmq.memory.non.heap", "bytes", MemoryReport::nonHeap);
        gauge(meters, "rowmq.memory.collections", null, report -> collections());
    }

    private void gauge(MeterRegistry meters, String name, String unit, ToDoubleFunction<MemoryReport> value) {
        Gauge.builder(name, this, value).baseUnit(unit).register(meters);
    }

    private long heap() {
        return memory.getHeapMemoryUsage().getUsed();
    }

    private long nonHeap() {
        return memory.getNonHeapMemoryUsage().getUsed();
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    @Scheduled(
            fixedDelayString = "#{@jobIntervals.memoryReport()}",
            initialDelayString = "#{@jobIntervals.memoryReport()}")
    void report() {
        if (!properties.memoryReport().isZero()) {
            runner.run("memory", () -> Optional.of(line()));
        }
    }

    private String line() {
        QueueCounts all = queues.all().stream()
                .map(measured -> measured.stats().counts())
                .reduce(QueueCounts.ZERO, QueueCounts::plus);
        return "heap %d MB of %d MB, non-heap %d MB, %d collections; ready %d, delayed %d, in flight %d, dead %d"
                .formatted(
                        heap() / MEGABYTE,
                        memory.getHeapMemoryUsage().getMax() / MEGABYTE,
                        nonHeap() / MEGABYTE,
                        collections(),
                        all.get(QueueCounter.READY),
                        all.get(QueueCounter.DELAYED),
                        all.get(QueueCounter.IN_FLIGHT),
                        all.get(QueueCounter.DEAD));
    }
}
