package dev.rowmq.observability;

import dev.rowmq.queue.QueueService;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Health component {@code store}: DOWN while the database cannot be read, is closed, or has recorded damage. */
@Component
class StoreHealthIndicator implements HealthIndicator {

    private final QueueService service;

    StoreHealthIndicator(QueueService service) {
        this.service = service;
    }

    @Override
    public Health health() {
        return service.storeProblem()
                .map(problem -> Health.down().withDetail("problem", problem).build())
                .orElseGet(() -> Health.up().build());
    }
}
