package dev.rowmq.observability;

import dev.rowmq.queue.maintenance.ClusterUpkeep;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

import java.time.Duration;

import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * The age of the oldest transaction of other programs in the database, as the gauge {@code
 * rowmq.database.oldest.transaction} in seconds and as a detail of the health. It is read every 15 seconds.
 */
@Component
class TransactionAge {

    private final ClusterUpkeep cluster;
    private volatile Duration age = Duration.ZERO;

    TransactionAge(ClusterUpkeep cluster, MeterRegistry meters) {
        this.cluster = cluster;
        Gauge.builder("rowmq.database.oldest.transaction", this, self -> self.age.toMillis() / 1000.0)
                .baseUnit("seconds")
                .description("age of the oldest open transaction of other programs, which holds back vacuum")
                .register(meters);
    }

    @Scheduled(fixedDelay = 15_000)
    void read() {
        try {
            age = cluster.oldestTransaction().orElse(Duration.ZERO);
        } catch (RuntimeException databaseAway) {
            age = Duration.ZERO;
        }
    }

    /** Zero = there is none, or none can be seen. */
    Duration age() {
        return age;
    }
}
