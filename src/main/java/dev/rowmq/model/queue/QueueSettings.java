package dev.rowmq.model.queue;

import dev.rowmq.model.error.RangeCheck;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of a queue. Values outside their bounds are refused with {@code ErrorCode#OUT_OF_RANGE}.
 *
 * @param visibilityTimeout   length of a lease unless the receive sets another, 0s to 12h
 * @param maxDeliveries       number of deliveries without an ack after which a message becomes a dead letter, up to
 *     1000; 0 = no limit
 * @param retry               backoff after a failed delivery
 * @param delay               delay before the first delivery of a message that has no delay of its own, 0s to 365d
 * @param retention           how long a message is kept, counted from the time at which it first becomes visible, 60s
 *     to 365d
 * @param deadLetterExpired   whether an expired message becomes a dead letter instead of being removed
 * @param deadLetterQueue     name of the queue that receives the dead letters; empty = this queue's own dead letter
 *     list
 * @param deadLetterRetention how long a dead letter stays in the list, 60s to 365d
 * @param priorities          number of priority levels, 1 to 10; level 0 is delivered first
 * @param processedRetention  how long a producer's id is kept after its message has ended, 60s to 365d
 * @param maxMessages         maximum number of messages in the queue (ready, delayed and in flight), up to
 *     1,000,000,000; 0 = no limit
 * @param maxMessageSize      maximum bytes of body and metadata of one message, 1 kB (1024) to 10 MB (10485760)
 * @param sendRate            maximum rate at which messages may be sent to the queue; empty = no limit
 * @param storage             where the messages are stored; fixed when the queue is created
 * @param tags                labels for people and tools, up to {@link #MAX_TAGS}
 * @param attributes          values that only clients of Amazon SQS set and read, by their names in SQS
 * @param fifo                the rules of a FIFO queue; empty for a standard queue; fixed when the queue is created,
 *     except for its deduplication
 */
public record QueueSettings(
        Duration visibilityTimeout,
        int maxDeliveries,
        RetryPolicy retry,
        Duration delay,
        Duration retention,
        boolean deadLetterExpired,
        Optional<String> deadLetterQueue,
        Duration deadLetterRetention,
        int priorities,
        Duration processedRetention,
        long maxMessages,
        int maxMessageSize,
        Optional<SendRate> sendRate,
        Storage storage,
        Map<String, String> tags,
        Map<String, String> attributes,
        Optional<FifoRules> fifo) {

    public static final Duration MAX_LEASE = Duration.ofHours(12);
    public static final Duration MAX_DELAY = Duration.ofDays(365);
    public static final int MAX_MESSAGE = 10 * 1024 * 1024;
    public static final int MAX_TAGS = 50;

    private static final Duration SHORTEST_RETENTION = Duration.ofSeconds(60);
    private static final Duration MAX_RETENTION = Duration.ofDays(365);

    public static final QueueSettings DEFAULT = new QueueSettings(
            Duration.ofSeconds(30),
            5,
            RetryPolicy.DEFAULT,
            Duration.ZERO,
            Duration.ofDays(4),
            false,
            Optional.empty(),
            Duration.ofDays(14),
            1,
            Duration.ofDays(30),
            0,
            1024 * 1024,
            Optional.empty(),
            Storage.DURABLE,
            Map.of(),
            Map.of(),
            Optional.empty());

    public QueueSettings {
        RangeCheck.within("visibilityTimeout", visibilityTimeout, Duration.ZERO, MAX_LEASE);
        RangeCheck.within("maxDeliveries", maxDeliveries, 0, 1000);
        RangeCheck.within("delay", delay, Duration.ZERO, MAX_DELAY);
        RangeCheck.within("retention", retention, SHORTEST_RETENTION, MAX_RETENTION);
        RangeCheck.within("deadLetterRetention", deadLetterRetention, SHORTEST_RETENTION, MAX_RETENTION);
        RangeCheck.within("priorities", priorities, 1, 10);
        RangeCheck.within("processedRetention", processedRetention, SHORTEST_RETENTION, MAX_RETENTION);
        RangeCheck.within("maxMessages", maxMessages, 0, 1_000_000_000);
        RangeCheck.within("maxMessageSize", maxMessageSize, 1024, MAX_MESSAGE);
        RangeCheck.within("tags.length", tags.size(), 0, MAX_TAGS);
        if (fifo.isPresent()) {
            RangeCheck.within("priorities of a FIFO queue", priorities, 1, 1);
        }
        tags = Map.copyOf(tags);
        attributes = Map.copyOf(attributes);
    }

    /** The same settings with other tags and attributes. */
    public QueueSettings labelled(Map<String, String> tags, Map<String, String> attributes) {
        return new QueueSettings(visibilityTimeout, maxDeliveries, retry, delay, retention, deadLetterExpired,
                deadLetterQueue, deadLetterRetention, priorities, processedRetention, maxMessages, maxMessageSize,
                sendRate, storage, tags, attributes, fifo);
    }

    /** The same settings with other times and another limit of a message's size. */
    public QueueSettings timed(
            Duration visibilityTimeout, Duration delay, Duration retention, int maxMessageSize) {
        return new QueueSettings(visibilityTimeout, maxDeliveries, retry, delay, retention, deadLetterExpired,
                deadLetterQueue, deadLetterRetention, priorities, processedRetention, maxMessages, maxMessageSize,
                sendRate, storage, tags, attributes, fifo);
    }

    /** The same settings with another way for messages that were delivered too often. */
    public QueueSettings redriven(Optional<String> deadLetterQueue, int maxDeliveries) {
        return new QueueSettings(visibilityTimeout, maxDeliveries, retry, delay, retention, deadLetterExpired,
                deadLetterQueue, deadLetterRetention, priorities, processedRetention, maxMessages, maxMessageSize,
                sendRate, storage, tags, attributes, fifo);
    }

    /** The same settings with other rules for groups. */
    public QueueSettings grouped(Optional<FifoRules> rules) {
        return new QueueSettings(visibilityTimeout, maxDeliveries, retry, delay, retention, deadLetterExpired,
                deadLetterQueue, deadLetterRetention, priorities, processedRetention, maxMessages, maxMessageSize,
                sendRate, storage, tags, attributes, rules);
    }

    /** Whether a message with this number of deliveries may not be delivered again. */
    public boolean usedUp(int deliveries) {
        return maxDeliveries > 0 && deliveries >= maxDeliveries;
    }

    /**
     * Returns the priority level of a message: the requested level, or the lowest one when the queue has no such level.
     */
    public int level(int asked) {
        return asked >= 0 && asked < priorities ? asked : priorities - 1;
    }
}
