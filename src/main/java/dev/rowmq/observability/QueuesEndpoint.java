package dev.rowmq.observability;

import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueStats;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.stereotype.Component;

/** {@code GET /actuator/queues}: the counters and means of the last snapshot as JSON, by queue. */
@Component
@Endpoint(id = "queues")
class QueuesEndpoint {

    private final QueueStatsReader figures;

    QueuesEndpoint(QueueStatsReader figures) {
        this.figures = figures;
    }

    /** Figures by queue; times in milliseconds, sizes in bytes. */
    @ReadOperation
    Map<String, Map<String, Object>> queues() {
        Map<String, Map<String, Object>> all = new LinkedHashMap<>();
        figures.snapshot().forEach((queue, stats) -> all.put(queue, json(stats)));
        return all;
    }

    private static Map<String, Object> json(QueueStats stats) {
        Map<String, Object> json = new LinkedHashMap<>();
        for (QueueCounter figure : QueueCounter.values()) {
            json.put(camelCase(figure), stats.counts().get(figure));
        }
        json.put("oldestAgeMillis", stats.oldestAge().map(Duration::toMillis).orElse(null));
        json.put("averageMessageSize", stats.averageMessageSize());
        json.put("averageBatchSize", stats.averageBatchSize());
        json.put("processingLatencyMillis", stats.processingLatency().toMillis());
        return json;
    }

    private static String camelCase(QueueCounter figure) {
        StringBuilder name = new StringBuilder();
        for (String word : figure.name().toLowerCase(Locale.ROOT).split("_")) {
            name.append(name.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return name.toString();
    }
}
