package dev.rowmq.observability;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.figures.FigureReader;
import dev.rowmq.queue.figures.QueueFigures;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Reads the figures of all queues at a fixed interval and shows them as meters: a scrape never uses the database. */
@Component
class QueueStatsReader {

    private static final Logger log = LoggerFactory.getLogger(QueueStatsReader.class);

    static final String OTHER = "(other)";

    private final FigureReader figures;
    private final QueueMeters meters;
    private final MetricsProperties properties;

    QueueStatsReader(FigureReader figures, QueueMeters meters, MetricsProperties properties) {
        this.figures = figures;
        this.meters = meters;
        this.properties = properties;
    }

    @Scheduled(fixedDelayString = "${rowmq.metrics.interval:5s}")
    void read() {
        quietly(() -> {
            figures.read();
            meters.show(snapshot());
        });
    }

    @Scheduled(fixedDelay = 2000)
    void readForViewers() {
        quietly(figures::readForViewers);
    }

    private static void quietly(Runnable read) {
        try {
            read.run();
        } catch (RuntimeException notNow) {
            if (QueueException.isDatabaseFault(notNow)) {
                log.debug("the figures of the queues are getting old", notNow);
            } else {
                log.warn("the figures of the queues could not be read and are getting old: {}", notNow.getMessage());
            }
        }
    }

    /** By queue; the queues after the first {@code rowmq.metrics.queues} are added up as {@value #OTHER}. */
    Map<String, QueueStats> snapshot() {
        Map<String, QueueStats> stats = new TreeMap<>();
        for (Map.Entry<String, QueueFigures> queue : figures.snapshot().queues().entrySet()) {
            QueueStats own = queue.getValue().stats();
            if (stats.size() < properties.queues()) {
                stats.put(queue.getKey(), own);
            } else {
                stats.merge(OTHER, withoutAge(own), (sum, one) -> new QueueStats(
                        sum.counts().plus(one.counts()), Optional.empty()));
            }
        }
        return stats;
    }

    private static QueueStats withoutAge(QueueStats stats) {
        return new QueueStats(stats.counts(), Optional.empty());
    }
}
