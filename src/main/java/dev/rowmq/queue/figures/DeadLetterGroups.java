package dev.rowmq.queue.figures;

import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.queue.QueueService;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

import org.springframework.stereotype.Component;

/**
 * Groups the dead letters of a queue by their reason and by the fingerprint of their last error: its text, in which
 * numbers and identifiers are replaced, as they differ from message to message.
 */
@Component
public class DeadLetterGroups {

    /** Maximum number of dead letters that are looked at. */
    public static final int MAX_EXAMINED = 10_000;

    private static final int MAX_GROUPS = 100;
    /** Hexadecimal identifiers, with hyphens between, and numbers. */
    private static final Pattern VARIABLE =
            Pattern.compile("\\b[0-9a-fA-F]{8,}+(?:-[0-9a-fA-F]++)*+\\b|[0-9]++");

    /**
     * One group.
     *
     * @param error  the fingerprint; empty for dead letters without an error
     * @param sample id of the one that became a dead letter last
     */
    public record DeadLetterGroup(
            DeadLetter.Reason reason,
            Optional<String> error,
            int count,
            Instant firstDeadAt,
            Instant lastDeadAt,
            String sample) {

        private static DeadLetterGroup of(DeadLetter.Summary letter) {
            return new DeadLetterGroup(
                    letter.reason(),
                    letter.lastError().filter(error -> !error.isEmpty()).map(DeadLetterGroups::fingerprint),
                    1,
                    letter.deadAt(),
                    letter.deadAt(),
                    letter.id());
        }

        private DeadLetterGroup plus(DeadLetterGroup other) {
            boolean later = other.lastDeadAt.isAfter(lastDeadAt);
            return new DeadLetterGroup(
                    reason,
                    error,
                    count + other.count,
                    other.firstDeadAt.isBefore(firstDeadAt) ? other.firstDeadAt : firstDeadAt,
                    later ? other.lastDeadAt : lastDeadAt,
                    later ? other.sample : sample);
        }
    }

    /**
     * The groups of a queue.
     *
     * @param groups   the greatest first, at most 100
     * @param examined number of dead letters that were looked at
     * @param complete whether these were all
     */
    public record Grouped(List<DeadLetterGroup> groups, int examined, boolean complete) {}

    private final QueueService service;

    DeadLetterGroups(QueueService service) {
        this.service = service;
    }

    /** Looks at the first {@link #MAX_EXAMINED} dead letters. */
    public Grouped of(String queue) {
        List<DeadLetter.Summary> letters = service.deadLetterSummaries(queue, MAX_EXAMINED + 1);
        List<DeadLetter.Summary> examined = letters.subList(0, Math.min(letters.size(), MAX_EXAMINED));
        return new Grouped(group(examined), examined.size(), letters.size() == examined.size());
    }

    static List<DeadLetterGroup> group(List<DeadLetter.Summary> letters) {
        Map<Object, DeadLetterGroup> groups = new HashMap<>();
        for (DeadLetter.Summary letter : letters) {
            DeadLetterGroup one = DeadLetterGroup.of(letter);
            groups.merge(List.of(one.reason(), one.error()), one, DeadLetterGroup::plus);
        }
        return groups.values().stream()
                .sorted(Comparator.comparing(DeadLetterGroup::count)
                        .thenComparing(DeadLetterGroup::lastDeadAt)
                        .reversed())
                .limit(MAX_GROUPS)
                .toList();
    }

    static String fingerprint(String error) {
        return VARIABLE.matcher(error).replaceAll("#");
    }
}
