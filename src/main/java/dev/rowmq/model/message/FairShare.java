package dev.rowmq.model.message;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * When a message group of a standard queue holds up the others. The rule is that of the fair queues of Amazon SQS: a
 * group is noisy while it has more than a tenth of the messages in flight, and at least 30 of them. So a queue has at
 * most nine noisy groups.
 */
public final class FairShare {

    private static final int MIN_IN_FLIGHT = 30;
    private static final int SHARES = 10;

    private FairShare() {}

    /**
     * The noisy groups.
     *
     * @param inFlight messages in flight of each group
     * @param all      messages in flight of the queue, those without a group included
     */
    public static Set<String> noisy(Map<String, Integer> inFlight, long all) {
        return inFlight.entrySet().stream()
                .filter(group -> group.getValue() >= MIN_IN_FLIGHT && group.getValue() * (long) SHARES > all)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }
}
