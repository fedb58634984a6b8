package dev.rowmq.model.fanout;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.queue.ResourceName;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A name under which messages are sent to several queues. Each queue gets a copy.
 *
 * @param bindings 0 to 100, each to a different queue
 */
public record Topic(String name, List<Binding> bindings, Instant createdAt) {

    private static final int MAX_BINDINGS = 100;
    private static final int MAX_NAMES = 10;
    private static final int MAX_VALUES = 50;
    private static final int MAX_CHARACTERS = 100_000;

    /**
     * A queue that gets the messages of the topic.
     *
     * @param filter selects the messages: for each metadata name, 1 to 50 accepted values, of which the message must
     *     have one; up to 10 names; empty = all messages
     */
    public record Binding(String queue, Map<String, List<String>> filter) {

        /** Whether the queue gets a message with this metadata. */
        public boolean takes(Map<String, String> metadata) {
            return filter.entrySet().stream()
                    .allMatch(wanted -> metadata.containsKey(wanted.getKey())
                            && wanted.getValue().contains(metadata.get(wanted.getKey())));
        }
    }

    /**
     * Returns the bindings.
     *
     * @throws QueueException {@link ErrorCode#OUT_OF_RANGE}, {@link ErrorCode#INVALID_REQUEST}
     */
    public static List<Binding> checked(List<Binding> bindings) {
        RangeCheck.within("bindings.length", bindings.size(), 0, MAX_BINDINGS);
        Set<String> queues = new HashSet<>();
        for (int i = 0; i < bindings.size(); i++) {
            String field = "bindings[" + i + "].";
            ResourceName.checked(bindings.get(i).queue());
            if (!queues.add(bindings.get(i).queue())) {
                throw new QueueException(
                        ErrorCode.INVALID_REQUEST,
                        field + "queue",
                        "queue '%s' is bound twice; bind it once, with all the values it takes in one filter"
                                .formatted(bindings.get(i).queue()));
            }
            RangeCheck.within(field + "filter.length", bindings.get(i).filter().size(), 0, MAX_NAMES);
            bindings.get(i).filter().forEach((name, values) -> {
                RangeCheck.within(
                        field + "filter." + SafeText.of(name, 60) + ".length",
                        values == null ? 0 : values.size(),
                        1,
                        MAX_VALUES);
                if (values.contains(null)) {
                    throw new QueueException(
                            ErrorCode.INVALID_REQUEST,
                            field + "filter",
                            "a value of the filter is null; values are texts");
                }
            });
        }
        RangeCheck.within("bindings.filter characters", characters(bindings), 0, MAX_CHARACTERS);
        return List.copyOf(bindings);
    }

    private static long characters(List<Binding> bindings) {
        return bindings.stream()
                .flatMap(binding -> binding.filter().entrySet().stream())
                .mapToLong(entry -> entry.getKey().length()
                        + entry.getValue().stream().mapToLong(String::length).sum())
                .sum();
    }
}
