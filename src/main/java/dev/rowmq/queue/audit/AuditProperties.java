package dev.rowmq.queue.audit;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.audit.*}.
 *
 * @param retention how long entries of the audit are kept, 1d to 3650d; default 90d
 */
@ConfigurationProperties("rowmq.audit")
record AuditProperties(@DefaultValue("90d") Duration retention) {

    AuditProperties {
        if (retention.compareTo(Duration.ofDays(1)) < 0 || retention.compareTo(Duration.ofDays(3650)) > 0) {
            throw new IllegalArgumentException(
                    "rowmq.audit.retention is " + retention + "; allowed is 1d to 3650d");
        }
    }
}
