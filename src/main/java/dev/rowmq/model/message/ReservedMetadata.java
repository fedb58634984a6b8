package dev.rowmq.model.message;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/** The metadata whose names begin with {@code rowmq.}: the service stores it with a message; producers cannot. */
public final class ReservedMetadata {

    private static final String PREFIX = "rowmq.";

    /** A JSON object with the data types of the entries that are no strings for clients of Amazon SQS. */
    public static final String ATTRIBUTE_TYPES = PREFIX + "attribute-types";
    /** The system attribute AWSTraceHeader of Amazon SQS. */
    public static final String TRACE_HEADER = PREFIX + "trace-header";
    /** In a dead letter queue: the name of the queue from which the message came. */
    public static final String DEAD_LETTER_QUEUE = PREFIX + "dead-letter.queue";

    private ReservedMetadata() {}

    public static boolean isReserved(String name) {
        return name.toLowerCase(Locale.ROOT).startsWith(PREFIX);
    }

    /** The reserved entries of stored metadata. */
    public static Map<String, String> reserved(Map<String, String> stored) {
        return filtered(stored, ReservedMetadata::isReserved);
    }

    /** The entries of stored metadata that the producer set. */
    public static Map<String, String> ownOf(Map<String, String> stored) {
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
