package dev.rowmq.observability;

import dev.rowmq.model.error.DurationFormat;
import dev.rowmq.queue.StoreStatus;

import java.time.Duration;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Health component {@code store}: DOWN while the database cannot be read, is closed, or has recorded damage. */
@Component
class StoreHealthIndicator implements HealthIndicator {

    /** A transaction of this age or more is shown. */
    private static final Duration LONG = Duration.ofMinutes(1);

    private final StoreStatus status;
    private final TransactionAge transactions;

    StoreHealthIndicator(StoreStatus status, TransactionAge transactions) {
        this.status = status;
        this.transactions = transactions;
    }

    @Override
    public Health health() {
        return status.problem()
                .map(problem -> Health.down().withDetail("problem", problem).build())
                .orElseGet(() -> transactions.age().compareTo(LONG) < 0
                        ? Health.up().build()
                        : Health.up()
                                .withDetail("oldestTransaction", DurationFormat.text(transactions.age()))
                                .build());
    }
}
