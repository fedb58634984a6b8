package dev.rowmq.api.rest.json;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.model.queue.RetryPolicy;
import dev.rowmq.model.queue.SendRate;
import dev.rowmq.model.queue.Storage;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The JSON shapes of queues. */
public final class QueueJson {

    private QueueJson() {}

    /** What a {@code PUT} changes: what is null stays as it is. */
    @Schema(name = "QueueSettings")
    public record SettingsRequest(
            @Schema(type = "string", example = "30s", description = "how long a lease lasts, 0s to 12h") Duration visibilityTimeout,
            @Schema(example = "5", description = "deliveries after which a message is a dead letter, 0 (no limit) to 1000")
                    Integer maxDeliveries,
            RetryRequest retry,
            @Schema(type = "string", example = "0s", description = "rest before the first delivery, 0s to 365d") Duration delay,
            @Schema(
                            type = "string",
                            example = "4d",
                            description = "how long a message stays, counted from when it is first visible, 60s to 365d;"
                                    + " a change counts for messages sent after it")
                    Duration retention,
            @Schema(description = "whether an expired message becomes a dead letter: true or false") Boolean deadLetterExpired,
            @Schema(
                            example = "orders-dead",
                            description = "name of the queue that takes the dead letters; \"\" = the queue's own list")
                    String deadLetterQueue,
            @Schema(type = "string", example = "14d", description = "how long a dead letter stays in the list, 60s to 365d")
                    Duration deadLetterRetention,
            @Schema(example = "1", description = "number of levels, 1 to 10; 0 is the highest") Integer priorities,
            @Schema(
                            type = "string",
                            example = "30d",
                            description = "how long a producer's id is remembered after its message was done with, 60s to 365d")
                    Duration processedRetention,
            @Schema(example = "0", description = "most messages the queue holds, 0 (no limit, or in memory rowmq.memory.messages) to 1000000000;"
                            + " of several partitions each holds its share") Long maxMessages,
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
                            description = "where messages are kept, decided when the queue is made; memory: by the instance that is sent"
                                    + " them, and gone when that ends")
                    String storage) {

        public QueueSettings over(QueueSettings before) {
            return new QueueSettings(
                    or(visibilityTimeout, before.visibilityTimeout()),
                    or(maxDeliveries, before.maxDeliveries()),
                    retry == null ? before.retry() : retry.over(before.retry()),
                    or(delay, before.delay()),
                    or(retention, before.retention()),
                    or(deadLetterExpired, before.deadLetterExpired()),
                    deadLetterQueue == null
                            ? before.deadLetterQueue()
                            : Optional.of(deadLetterQueue).filter(name -> !name.isEmpty()),
                    or(deadLetterRetention, before.deadLetterRetention()),
                    or(priorities, before.priorities()),
                    or(processedRetention, before.processedRetention()),
                    or(maxMessages, before.maxMessages()),
                    maxMessageSize == null ? before.maxMessageSize() : maxMessageSize.bytes(),
                    sendRate == null ? before.sendRate() : sendRate.rate(),
                    storage == null ? before.storage() : storageNamed(storage));
        }
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

    @Schema(name = "RetryPolicy")
    record RetryRequest(
            @Schema(type = "string", example = "1s", description = "rest after the first failed delivery, 0s (none at all) to 12h")
                    Duration initial,
            @Schema(example = "2", description = "each further rest is this many times longer, 1 to 100") Double multiplier,
            @Schema(type = "string", example = "15m", description = "no rest is longer, 0s to 7d") Duration max) {

        public RetryPolicy over(RetryPolicy before) {
            return new RetryPolicy(or(initial, before.initial()), or(multiplier, before.multiplier()), or(max, before.max()));
        }
    }

    @Schema(name = "SendRateSetting")
    record SendRateRequest(
            @Schema(example = "100", description = "1 to 1000000; 0 = no limit", requiredMode = Schema.RequiredMode.REQUIRED)
                    Integer messagesPerSecond,
            @Schema(example = "100", description = "messages that may come at once after a rest, 1 to 1000000; else as many as in a second")
                    Integer burst) {

        Optional<SendRate> rate() {
            if (messagesPerSecond == null) {
                throw new QueueException(
                        ErrorCode.INVALID_REQUEST,
                        "sendRate.messagesPerSecond",
                        "sendRate.messagesPerSecond is missing; allowed is 1 to 1000000, or 0 for no limit");
            }
            if (burst != null) {
                RangeCheck.within("sendRate.burst", burst, 1, 1_000_000);
            }
            return messagesPerSecond == 0
                    ? Optional.empty()
                    : Optional.of(new SendRate(messagesPerSecond, burst == null ? 0 : burst));
        }
    }

    private static <T> T or(T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    @Schema(name = "Queue")
    public record View(
            @Schema(example = "orders") String name,
            boolean paused,
            Instant createdAt,
            Settings settings,
            @JsonInclude(JsonInclude.Include.NON_NULL)
                    @Schema(description = "of a queue in memory: that its messages end with the process")
                    String notice,
            @JsonInclude(JsonInclude.Include.NON_NULL) Stats stats) {

        private static final String IN_MEMORY =
                "messages are kept in the memory of the instance that is sent them, and are gone when its process ends";

        public static View of(Queue queue, QueueStats stats) {
            return new View(
                    queue.name(),
                    queue.paused(),
                    queue.createdAt(),
                    Settings.of(queue.settings()),
                    queue.inMemory() ? IN_MEMORY : null,
                    stats == null ? null : Stats.of(stats));
        }
    }

    @Schema(name = "Settings")
    record Settings(
            @Schema(type = "string", example = "30s") Duration visibilityTimeout,
            int maxDeliveries,
            Retry retry,
            @Schema(type = "string", example = "0s") Duration delay,
            @Schema(type = "string", example = "4d") Duration retention,
            boolean deadLetterExpired,
            @Schema(types = {"string", "null"}) String deadLetterQueue,
            @Schema(type = "string", example = "14d") Duration deadLetterRetention,
            int priorities,
            @Schema(type = "string", example = "30d") Duration processedRetention,
            long maxMessages,
            @Schema(type = "string", example = "1MB") SizeJson maxMessageSize,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Schema(description = "not there = no limit") Rate sendRate,
            @JsonInclude(JsonInclude.Include.NON_NULL)
                    @Schema(allowableValues = {"memory"}, description = "not there = durable")
                    String storage) {

        public static Settings of(QueueSettings settings) {
            return new Settings(
                    settings.visibilityTimeout(),
                    settings.maxDeliveries(),
                    new Retry(settings.retry().initial(), settings.retry().multiplier(), settings.retry().max()),
                    settings.delay(),
                    settings.retention(),
                    settings.deadLetterExpired(),
                    settings.deadLetterQueue().orElse(null),
                    settings.deadLetterRetention(),
                    settings.priorities(),
                    settings.processedRetention(),
                    settings.maxMessages(),
                    new SizeJson(settings.maxMessageSize()),
                    settings.sendRate().map(rate -> new Rate(rate.messagesPerSecond(), rate.burst())).orElse(null),
                    settings.storage() == Storage.DURABLE ? null : settings.storage().name().toLowerCase(Locale.ROOT));
        }
    }

    @Schema(name = "SendRate")
    record Rate(int messagesPerSecond, int burst) {}

    @Schema(name = "Retry")
    record Retry(
            @Schema(type = "string", example = "0s") Duration initial,
            double multiplier,
            @Schema(type = "string", example = "15m") Duration max) {}

    @Schema(name = "Stats")
    record Stats(
            long ready,
            long delayed,
            long inFlight,
            long dead,
            @Schema(
                            types = {"string", "null"},
                            example = "12s",
                            description = "age of the ready message that waits longest; null when none is, and in lists")
                    Duration oldestAge,
            long sent,
            long received,
            long acked,
            long sendErrors,
            long redelivered,
            long deadLettered,
            long expired,
            long duplicates,
            @Schema(description = "messages refused by a rate limit; part of sendErrors too") long rateLimited,
            @Schema(description = "bytes") long averageMessageSize,
            @Schema(type = "string", example = "85ms", description = "mean time from receive to ack") Duration processingLatency) {

        public static Stats of(QueueStats stats) {
            return new Stats(
                    stats.counts().get(QueueCounter.READY),
                    stats.counts().get(QueueCounter.DELAYED),
                    stats.counts().get(QueueCounter.IN_FLIGHT),
                    stats.counts().get(QueueCounter.DEAD),
                    stats.oldestAge().orElse(null),
                    stats.counts().get(QueueCounter.SENT),
                    stats.counts().get(QueueCounter.RECEIVED),
                    stats.counts().get(QueueCounter.ACKED),
                    stats.counts().get(QueueCounter.SEND_ERRORS),
                    stats.counts().get(QueueCounter.REDELIVERED),
                    stats.counts().get(QueueCounter.DEAD_LETTERED),
                    stats.counts().get(QueueCounter.EXPIRED),
                    stats.counts().get(QueueCounter.DUPLICATES),
                    stats.counts().get(QueueCounter.RATE_LIMITED),
                    stats.averageMessageSize(),
                    stats.processingLatency());
        }
    }

    @Schema(name = "Progress")
    public record Progress(
            @Schema(description = "messages done with so far") long messages,
            @Schema(description = "whether the work goes on by itself") boolean running) {}
}
