package dev.rowmq.observability;

import dev.rowmq.queue.StoreStatus;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

import java.util.Map;
import java.util.TreeMap;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Health component {@code db} when there are several partitions, with one component for each. While at least one
 * partition answers, the service as a whole is UP, so that it still gets requests, and partitions that do not answer
 * are UNREACHABLE. When no partition answers, all are DOWN.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("rowmq.partitions[1].url")
class PartitionHealth {

    private static final String UNREACHABLE = "UNREACHABLE";

    @Bean
    HealthContributor dbHealthContributor(StoreStatus status, MeterRegistry registry) {
        Map<String, HealthIndicator> each = new TreeMap<>();
        for (int n : status.partitions().keySet()) {
            each.put(Integer.toString(n), () -> health(status.partitions(), n));
            Gauge.builder("rowmq.partition.up", status, all -> all.partitions().get(n) ? 1 : 0)
                    .tag("partition", Integer.toString(n))
                    .register(registry);
        }
        return CompositeHealthContributor.fromMap(each);
    }

    private static Health health(Map<Integer, Boolean> states, int partition) {
        if (states.get(partition)) {
            return Health.up().build();
        }
        return states.containsValue(true) ? Health.status(UNREACHABLE).build() : Health.down().build();
    }
}
