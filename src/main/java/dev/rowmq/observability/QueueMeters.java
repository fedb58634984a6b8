package dev.rowmq.observability;

import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueStats;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import org.springframework.stereotype.Component;

/**
 * One set of meters for each queue in the snapshot, registered when the queue first appears and removed when the queue
 * is gone.
 */
@Component
class QueueMeters {

    private static final class Shown {

        volatile QueueStats stats;
        final List<Meter> meters = new ArrayList<>();
    }

    private final MeterRegistry registry;
    private final Map<String, Shown> shown = new HashMap<>();

    QueueMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    synchronized void show(Map<String, QueueStats> figures) {
        shown.entrySet().removeIf(entry -> {
            boolean gone = !figures.containsKey(entry.getKey());
            if (gone) {
                entry.getValue().meters.forEach(registry::remove);
            }
            return gone;
        });
        figures.forEach((queue, stats) -> {
            Shown known = shown.get(queue);
            if (known == null) {
                known = new Shown();
                known.stats = stats;
                shown.put(queue, known);
                register(queue, known);
            } else {
                known.stats = stats;
            }
        });
    }

    private void register(String queue, Shown shown) {
        Tags tags = Tags.of("queue", queue);
        for (QueueCounter level :
                List.of(QueueCounter.READY, QueueCounter.DELAYED, QueueCounter.IN_FLIGHT, QueueCounter.DEAD)) {
            gauge(shown, tags, "rowmq.messages." + name(level), "messages", stats -> stats.counts().get(level));
        }
        for (QueueCounter total : List.of(
                QueueCounter.SENT,
                QueueCounter.SEND_ERRORS,
                QueueCounter.DUPLICATES,
                QueueCounter.RECEIVED,
                QueueCounter.REDELIVERED,
                QueueCounter.ACKED,
                QueueCounter.DEAD_LETTERED,
                QueueCounter.EXPIRED,
                QueueCounter.PURGED,
                QueueCounter.RATE_LIMITED)) {
            shown.meters.add(FunctionCounter.builder(
                            "rowmq.messages." + name(total), shown, one -> one.stats.counts().get(total))
                    .tags(tags)
                    .register(registry));
        }
        gauge(shown, tags, "rowmq.oldest.age", "seconds", stats -> stats.oldestAge()
                .map(age -> age.toMillis() / 1000.0)
                .orElse(0.0));
        gauge(shown, tags, "rowmq.message.size", "bytes", QueueStats::averageMessageSize);
        gauge(shown, tags, "rowmq.batch.size", "messages", QueueStats::averageBatchSize);
        shown.meters.add(FunctionTimer.builder(
                        "rowmq.processing.latency",
                        shown,
                        one -> one.stats.counts().get(QueueCounter.ACKED),
                        one -> one.stats.counts().get(QueueCounter.LATENCY_MILLIS),
                        TimeUnit.MILLISECONDS)
                .tags(tags)
                .register(registry));
    }

    private void gauge(Shown shown, Tags tags, String name, String unit, ToDoubleFunction<QueueStats> value) {
        shown.meters.add(Gauge.builder(name, shown, one -> value.applyAsDouble(one.stats))
                .tags(tags)
                .baseUnit(unit)
                .register(registry));
    }

    private static String name(QueueCounter figure) {
        return figure.name().toLowerCase(Locale.ROOT).replace('_', '.');
    }
}
