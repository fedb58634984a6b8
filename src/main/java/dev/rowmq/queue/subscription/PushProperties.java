package dev.rowmq.queue.subscription;

import java.time.Duration;
import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.push.*}.
 *
 * @param allowCidrs networks that are not public but may be called, also by http and on any port, such as
 *     {@code 10.1.0.0/16}; default none
 * @param probeAfter pause before the next call to a receiver after five failures in a row; doubles after each further
 *     failure, up to 10 minutes; 100ms to 10m, default 10s
 */
@ConfigurationProperties("rowmq.push")
public record PushProperties(@DefaultValue List<String> allowCidrs, @DefaultValue("10s") Duration probeAfter) {

    public static final Duration MAX_PROBE_AFTER = Duration.ofMinutes(10);

    public PushProperties {
        if (probeAfter.toMillis() < 100 || probeAfter.compareTo(MAX_PROBE_AFTER) > 0) {
            throw new IllegalArgumentException("rowmq.push.probe-after is " + probeAfter + "; allowed is 100ms to 10m");
        }
    }
}
