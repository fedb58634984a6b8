package dev.rowmq.observability;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.metrics.*}.
 *
 * @param queues   number of queues that have meters of their own, the first ones by name, 0 to 10000; default 100. The
 *     other queues are added up under the tag {@code queue="(other)"}
 * @param interval interval at which the figures are read, 100ms to 5m; default 5s
 */
@ConfigurationProperties("rowmq.metrics")
record MetricsProperties(@DefaultValue("100") int queues, @DefaultValue("5s") Duration interval) {

    MetricsProperties {
        if (queues < 0 || queues > 10_000) {
            throw new IllegalArgumentException("rowmq.metrics.queues is " + queues + "; allowed is 0 to 10000");
        }
        if (interval.toMillis() < 100 || interval.compareTo(Duration.ofMinutes(5)) > 0) {
            throw new IllegalArgumentException("rowmq.metrics.interval is " + interval + "; allowed is 100ms to 5m");
        }
    }
}
