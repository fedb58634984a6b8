package dev.rowmq.api.rest.queue;

import dev.rowmq.api.rest.json.SizeJson;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.Storage;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** What a {@code PUT} changes: what is null stays as it is. */
@Schema(name = "QueueSettings")
public record QueueSettingsRequest(
        @Schema(type = "string", example = "30s", description = "how long a lease lasts, 0s to 12h")
        Duration visibilityTimeout,

        @Schema(example = "5", description = "deliveries after which a message is a dead letter, 0 (no limit) to 1000")
        Integer maxDeliveries,

        RetryRequest retry,

        @Schema(type = "string", example = "0s", description = "rest before the first delivery, 0s to 365d")
        Duration delay,

        @Schema(
                type = "string",
                example = "4d",
                description = "how long a message stays, counted from when it is first visible, 60s to 365d;"
                        + " a change counts for messages sent after it")
        Duration retention,

        @Schema(description = "whether an expired message becomes a dead letter: true or false")
        Boolean deadLetterExpired,

        @Schema(
                example = "orders-dead",
                description = "name of the queue that takes the dead letters; \"\" = the queue's own list")
        String deadLetterQueue,

        @Schema(type = "string", example = "14d", description = "how long a dead letter stays in the list, 60s to 365d")
        Duration deadLetterRetention,

        @Schema(example = "1", description = "number of levels, 1 to 10; 0 is the highest")
        Integer priorities,

        @Schema(
                type = "string",
                example = "30d",
                description = "how long a producer's id is remembered after its message was done with, 60s to 365d")
        Duration processedRetention,

        @Schema(
                example = "0",
                description =
                        "most messages the queue holds, 0 (no limit, or in memory rowmq.memory.messages) to 1000000000;"
                                + " of several partitions each holds its share")
        Long maxMessages,

        @Schema(
                type = "string",
                example = "1MB",
                description = "most bytes of body and metadata of a message, 1KB to 10MB; a number is bytes")
        SizeJson maxMessageSize,

        @Schema(description = "how fast messages may be sent to the queue; messagesPerSecond 0 = no limit")
        SendRateRequest sendRate,

        @Schema(
                allowableValues = {"durable", "memory"},
                example = "durable",
                description =
                        "where messages are kept, decided when the queue is made; memory: by the instance that is sent"
                                + " them, and gone when that ends")
        String storage) {

    public QueueSettings over(QueueSettings before) {
        return new QueueSettings(
                Objects.requireNonNullElse(visibilityTimeout, before.visibilityTimeout()),
                Objects.requireNonNullElse(maxDeliveries, before.maxDeliveries()),
                retry == null ? before.retry() : retry.over(before.retry()),
                Objects.requireNonNullElse(delay, before.delay()),
                Objects.requireNonNullElse(retention, before.retention()),
                Objects.requireNonNullElse(deadLetterExpired, before.deadLetterExpired()),
                deadLetterQueue == null
                        ? before.deadLetterQueue()
                        : Optional.of(deadLetterQueue).filter(name -> !name.isEmpty()),
                Objects.requireNonNullElse(deadLetterRetention, before.deadLetterRetention()),
                Objects.requireNonNullElse(priorities, before.priorities()),
                Objects.requireNonNullElse(processedRetention, before.processedRetention()),
                Objects.requireNonNullElse(maxMessages, before.maxMessages()),
                maxMessageSize == null ? before.maxMessageSize() : maxMessageSize.bytes(),
                sendRate == null ? before.sendRate() : sendRate.rate(),
                storage == null ? before.storage() : storageNamed(storage));
    }

    private static Storage storageNamed(String name) {
        return Arrays.stream(Storage.values())
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() -> new QueueException(
                        ErrorCode.INVALID_REQUEST,
                        "storage",
                        "storage is '%s'; allowed are durable and memory".formatted(SafeText.of(name, 50))));
    }
}
