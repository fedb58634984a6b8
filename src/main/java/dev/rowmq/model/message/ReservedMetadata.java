package dev.rowmq.model.message;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Metadata that the service itself stores with a message, under names that begin with {@code rowmq.}. Producers set it
 * indirectly: by clients of Amazon SQS, and by the import of messages that had it.
 */
public final class ReservedMetadata {

    /** The message group. */
    public static final String GROUP = "rowmq.group";
    /** The deduplication id of a message in a FIFO queue. */
    public static final String DEDUPLICATION_ID = "rowmq.deduplication-id";
    /** A JSON object with the data types of the entries that are no strings for clients of Amazon SQS. */
    public static final String ATTRIBUTE_TYPES = "rowmq.attribute-types";
    /** The system attribute AWSTraceHeader of Amazon SQS. */
    public static final String TRACE_HEADER = "rowmq.trace-header";
    /** The producer's id, as a client of Amazon SQS set it. */
    public static final String ID = "rowmq.id";
    /** The priority, as a client of Amazon SQS set it. */
    public static final String PRIORITY = "rowmq.priority";
    /** The lifetime in seconds, as a client of Amazon SQS set it. */
    public static final String TTL = "rowmq.ttl";
    /** In a dead letter queue: the name of the queue from which the message came. */
    public static final String DEAD_LETTER_QUEUE = "rowmq.dead-letter.queue";
    /** In a dead letter queue: why the message came. */
    static final String DEAD_LETTER_REASON = "rowmq.dead-letter.reason";
    /** In a dead letter queue: the number of deliveries before. */
    static final String DEAD_LETTER_DELIVERIES = "rowmq.dead-letter.deliveries";
    /** In a dead letter queue: the last error. */
    static final String DEAD_LETTER_ERROR = "rowmq.dead-letter.error";

    /** The entries that only a dead letter has. */
    static final Set<String> DEAD_LETTER =
            Set.of(DEAD_LETTER_QUEUE, DEAD_LETTER_REASON, DEAD_LETTER_DELIVERIES, DEAD_LETTER_ERROR);

    private static final Set<String> NAMES = Set.of(
            GROUP,
            DEDUPLICATION_ID,
            ATTRIBUTE_TYPES,
            TRACE_HEADER,
            ID,
            PRIORITY,
            TTL,
            DEAD_LETTER_QUEUE,
            DEAD_LETTER_REASON,
            DEAD_LETTER_DELIVERIES,
            DEAD_LETTER_ERROR);

    private ReservedMetadata() {}

    public static boolean isReserved(String name) {
        return NAMES.contains(name);
    }

    /** The message group in stored metadata. */
    public static Optional<String> group(Map<String, String> stored) {
        return Optional.ofNullable(stored.get(GROUP));
    }

    /** Stored metadata without the message group. */
    public static Map<String, String> withoutGroup(Map<String, String> stored) {
        return stored.containsKey(GROUP) ? filtered(stored, name -> !name.equals(GROUP)) : stored;
    }

    /** The reserved entries of stored metadata. */
    public static Map<String, String> reserved(Map<String, String> stored) {
        return filtered(stored, ReservedMetadata::isReserved);
    }

    /** The other entries of stored metadata. */
    public static Map<String, String> others(Map<String, String> stored) {
        return filtered(stored, name -> !isReserved(name));
    }

    private static Map<String, String> filtered(Map<String, String> stored, Predicate<String> wanted) {
        Map<String, String> result = new LinkedHashMap<>();
        stored.forEach((name, value) -> {
            if (wanted.test(name)) {
                result.put(name, value);
            }
        });
        return result;
    }
}
