package dev.rowmq.api.rest.queue;

import dev.rowmq.api.rest.json.SizeJson;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.Storage;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** The settings that a {@code PUT} changes; a null field keeps its value. */
@Schema(name = "QueueSettings")
public record QueueSettingsRequest(
        @Schema(type = "string", example = "30s", description = "duration of a lease, 0s to 12h")
        Duration visibilityTimeout,

        @Schema(example = "5", description = "deliveries after which a message is a dead letter, 0 (no limit) to 1000")
        Integer maxDeliveries,

        RetryRequest retry,

        @Schema(type = "string", example = "0s", description = "delay before the first delivery, 0s to 365d")
        Duration delay,

        @Schema(
                type = "string",
                example = "4d",
                description = "time after which a message expires, from when it is first visible, 60s to 365d;"
                        + " a change applies to messages sent after it")
        Duration retention,

        @Schema(description = "whether an expired message becomes a dead letter: true or false")
        Boolean deadLetterExpired,

        @Schema(
                example = "orders-dead",
                description = "name of the queue that receives the dead letters; \"\" = the queue's own list")
        String deadLetterQueue,

        @Schema(type = "string", example = "14d", description = "time for which a dead letter is kept, 60s to 365d")
        Duration deadLetterRetention,

        @Schema(example = "1", description = "number of priority levels, 1 to 10; level 0 is the highest")
        Integer priorities,

        @Schema(
                type = "string",
                example = "30d",
                description = "time for which a producer's id is remembered after its message has ended, 60s to 365d")
        Duration processedRetention,

        @Schema(
                example = "0",
                description =
                        "maximum messages in the queue, 0 (no limit, or in memory rowmq.memory.messages) to 1000000000;"
                                + " with several partitions, each holds its share")
        Long maxMessages,

        @Schema(
                type = "string",
                example = "1MB",
                description = "maximum size of a message's body and metadata, 1KB to 10MB; a number is bytes")
        SizeJson maxMessageSize,

        @Schema(description = "rate limit for messages sent to the queue; messagesPerSecond 0 = no limit")
        SendRateRequest sendRate,

        @Schema(
                allowableValues = {"durable", "memory"},
                example = "durable",
                description =
                        "where messages are stored, fixed when the queue is created; memory: in the instance that"
                                + " receives the send, lost when its process ends")
        String storage,

        @Schema(
                description =
                        "whether each message belongs to a group and the messages of a group are delivered in order,"
                                + " one receive at a time; fixed when the queue is created")
        Boolean fifo,

        @Schema(description = "FIFO queues: whether a message without an id whose body was sent within the last five"
                + " minutes is not stored again")
        Boolean contentBasedDeduplication,

        @Schema(
                allowableValues = {"queue", "messageGroup"},
                example = "queue",
                description = "FIFO queues: the messages with which a message is compared")
        String deduplicationScope) {

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
                storage == null ? before.storage() : storageNamed(storage),
                before.tags(),
                before.attributes(),
                rules(before));
    }

    private Optional<FifoRules> rules(QueueSettings before) {
        if (fifo == null ? before.fifo().isEmpty() : !fifo) {
            refuse("contentBasedDeduplication", contentBasedDeduplication);
            refuse("deduplicationScope", deduplicationScope);
            return Optional.empty();
        }
        FifoRules present = before.fifo().orElse(new FifoRules(false, false));
        return Optional.of(new FifoRules(
                Objects.requireNonNullElse(contentBasedDeduplication, present.contentBasedDeduplication()),
                deduplicationScope == null ? present.deduplicationPerGroup() : perGroup(deduplicationScope)));
    }

    private static void refuse(String field, Object value) {
        if (value != null) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST, field, field + " is for FIFO queues only; create the queue with fifo");
        }
    }

    private static boolean perGroup(String scope) {
        if (!scope.matches("queue|messageGroup")) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST,
                    "deduplicationScope",
                    "deduplicationScope is '%s'; allowed are queue and messageGroup"
                            .formatted(SafeText.of(scope, 50)));
        }
        return scope.equals("messageGroup");
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
