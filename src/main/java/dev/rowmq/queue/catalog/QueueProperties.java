package dev.rowmq.queue.catalog;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * {@code rowmq.queue.*}.
 *
 * @param autoCreate     whether a send to a queue that does not exist creates it, with default settings; default false
 * @param intake         maximum requests of a kind (send, receive, settle) that wait for their transaction in a
 *     partition, 16 to 1,000,000; default 10000. Further requests are refused with OVERLOADED
 * @param intakePatience how long a request waits for a place before it is refused, 0s to 10s; default 500ms, 0s = no
 *     wait
 * @param cache          maximum age of the settings of a queue or topic on an instance, 0s to 10s; default 1s, 0s = no
 *     cache. A change on another instance applies everywhere after one and a half times this age
 */
@Validated
@ConfigurationProperties("rowmq.queue")
public record QueueProperties(
        @DefaultValue("false") boolean autoCreate,
        @DefaultValue("10000") @Min(16) @Max(1_000_000) int intake,
        @DefaultValue("500ms") @NotNull Duration intakePatience,
        @DefaultValue("1s") @NotNull Duration cache) {

    public QueueProperties {
        if (cache.isNegative() || cache.compareTo(Duration.ofSeconds(10)) > 0) {
            throw new IllegalArgumentException("rowmq.queue.cache is " + cache + "; allowed is 0s to 10s");
        }
        if (intakePatience.isNegative() || intakePatience.compareTo(Duration.ofSeconds(10)) > 0) {
            throw new IllegalArgumentException(
                    "rowmq.queue.intake-patience is " + intakePatience + "; allowed is 0s to 10s");
        }
    }
}
