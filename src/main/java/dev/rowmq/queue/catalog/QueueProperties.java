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
 * @param autoCreate     whether a send to a queue that does not exist makes it, with default settings; default false
 * @param intake         requests of a kind (send, receive, settle) that wait for their transaction, at the most, 16 to
 *     1,000,000; default 10000. Beyond it a request is refused with OVERLOADED
 * @param intakePatience how long a request waits for a place before that; default 500ms, to 10s, 0s = not at all
 * @param cache          how old the settings of a queue or topic may be that an instance works with; half as much again
 *     after a change on another instance it is seen everywhere. Default 1s, to 10s, 0s = it always looks
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
