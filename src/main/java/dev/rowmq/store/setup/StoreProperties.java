package dev.rowmq.store.setup;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.store.*}.
 *
 * @param startTimeout how long a start waits for a PostgreSQL server that does not answer yet, 0s to 1h; default 60s
 */
@ConfigurationProperties("rowmq.store")
record StoreProperties(@DefaultValue("60s") Duration startTimeout) {

    StoreProperties {
        if (startTimeout.isNegative() || startTimeout.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("rowmq.store.start-timeout is " + startTimeout
                    + "; allowed is 0s to 1h");
        }
    }
}
