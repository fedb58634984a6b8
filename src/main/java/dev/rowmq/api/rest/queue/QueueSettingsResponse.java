package dev.rowmq.api.rest.queue;

import dev.rowmq.api.rest.json.SizeJson;
import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.Storage;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.util.Locale;

/** The settings of a queue. */
@Schema(name = "Settings")
public record QueueSettingsResponse(
        @Schema(type = "string", example = "30s") Duration visibilityTimeout,
        int maxDeliveries,
        RetryResponse retry,
        @Schema(type = "string", example = "0s") Duration delay,
        @Schema(type = "string", example = "4d") Duration retention,
        boolean deadLetterExpired,
        @Schema(types = {"string", "null"}) String deadLetterQueue,
        @Schema(type = "string", example = "14d") Duration deadLetterRetention,
        int priorities,
        @Schema(type = "string", example = "30d") Duration processedRetention,
        long maxMessages,
        @Schema(type = "string", example = "1MB") SizeJson maxMessageSize,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Schema(description = "absent = no limit")
        SendRateResponse sendRate,

        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Schema(
                allowableValues = {"memory"},
                description = "absent = durable")
        String storage,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Schema(description = "absent = a standard queue")
        Boolean fifo,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Schema(description = "only of a FIFO queue")
        Boolean contentBasedDeduplication,

        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Schema(
                allowableValues = {"queue", "messageGroup"},
                description = "only of a FIFO queue")
        String deduplicationScope) {

    public static QueueSettingsResponse of(QueueSettings settings) {
        return new QueueSettingsResponse(
                settings.visibilityTimeout(),
                settings.maxDeliveries(),
                new RetryResponse(
                        settings.retry().initial(),
                        settings.retry().multiplier(),
                        settings.retry().max()),
                settings.delay(),
                settings.retention(),
                settings.deadLetterExpired(),
                settings.deadLetterQueue().orElse(null),
                settings.deadLetterRetention(),
                settings.priorities(),
                settings.processedRetention(),
                settings.maxMessages(),
                new SizeJson(settings.maxMessageSize()),
                settings.sendRate()
                        .map(rate -> new SendRateResponse(rate.messagesPerSecond(), rate.burst()))
                        .orElse(null),
                settings.storage() == Storage.DURABLE
                        ? null
                        : settings.storage().name().toLowerCase(Locale.ROOT),
                settings.fifo().isPresent() ? true : null,
                settings.fifo().map(FifoRules::contentBasedDeduplication).orElse(null),
                settings.fifo()
                        .map(rules -> rules.deduplicationPerGroup() ? "messageGroup" : "queue")
                        .orElse(null));
    }
}
