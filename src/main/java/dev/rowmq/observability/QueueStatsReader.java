package dev.rowmq.observability;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.QueueService;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Snapshot of the figures of all queues, read at a fixed interval: a scrape never accesses the database. */
@Component
class QueueStatsReader {

    private static final Logger log = LoggerFactory.getLogger(QueueStatsReader.class);

    static final String OTHER = "(other)";

    private final QueueService service;
    private final QueueMeters meters;
    private final MetricsProperties properties;
    private volatile Map<String, QueueStats> snapshot = Map.of();

    QueueStatsReader(QueueService service, QueueMeters meters, MetricsProperties properties) {
        this.service = service;
        this.meters = meters;
        this.properties = properties;
    }

    @Scheduled(fixedDelayString = "${rowmq.metrics.interval:5s}")
    void read() {
        try {
            Map<String, QueueStats> figures = new TreeMap<>();
            service.all().forEach(measured -> add(figures, measured));
            snapshot = figures;
            meters.show(figures);
        } catch (RuntimeException notNow) {
            if (QueueException.isDatabaseFault(notNow)) {
                log.debug("the figures of the queues are getting old", notNow);
            } else {
                log.warn("the figures of the queues could not be read and are getting old: {}", notNow.getMessage());
            }
        }
    }

    private void add(Map<String, QueueStats> figures, QueueService.Measured measured) {
        if (figures.size() < properties.queues()) {
            figures.put(measured.queue().name(), withAge(measured));
        } else {
            figures.merge(
                    OTHER,
                    measured.stats(),
                    (sum, one) -> new QueueStats(sum.counts().plus(one.counts()), Optional.<Duration>empty()));
        }
    }

    private QueueStats withAge(QueueService.Measured measured) {
        if (measured.stats().counts().get(QueueCounter.READY) == 0) {
            return measured.stats();
        }
        try {
            return service.glance(measured.queue().name()).stats();
        } catch (QueueException deletedMeanwhile) {
            return measured.stats();
        }
    }

    Map<String, QueueStats> snapshot() {
        return snapshot;
    }
}
