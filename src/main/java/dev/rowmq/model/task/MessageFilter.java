package dev.rowmq.model.task;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageValidator;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ReservedMetadata;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Chooses messages. A message matches when it fulfils every condition that is given.
 *
 * @param ids       1 to 1000 ids, without any other condition; empty = messages with any id
 * @param text      characters that the stored bytes of the body have in them, as UTF-8; upper and lower case differ
 * @param metadata  entries that the message has
 * @param group     its message group
 * @param priority  its level
 * @param olderThan time since it was sent, or since it became a dead letter
 * @param reason    why it became a dead letter
 * @param error     characters in its last error
 */
public record MessageFilter(
        List<String> ids,
        Optional<String> text,
        Map<String, String> metadata,
        Optional<String> group,
        OptionalInt priority,
        Optional<Duration> olderThan,
        Optional<DeadLetter.Reason> reason,
        Optional<String> error) {

    public static final MessageFilter ALL = new MessageFilter(
            List.of(),
            Optional.empty(),
            Map.of(),
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    private static final int MAX_IDS = 1000;
    private static final int MAX_TEXT = 1000;
    private static final int MAX_ENTRIES = 10;
    private static final int MAX_PRIORITY = 9;
    private static final Duration MAX_AGE = Duration.ofDays(3650);

    /**
     * @throws QueueException OUT_OF_RANGE, or INVALID_REQUEST for an id that no message can have, and for ids together
     *     with another condition
     */
    public MessageFilter {
        // each once, and in an order that is the same on all instances
        ids = List.copyOf(new LinkedHashSet<>(ids));
        metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
        RangeCheck.within("filter.ids.length", ids.size(), 0, MAX_IDS);
        for (String id : ids) {
            if (!MessageValidator.isId(id)) {
                throw new QueueException(
                        ErrorCode.INVALID_REQUEST,
                        "filter.ids",
                        "filter.ids has '%s', which is no id of a message".formatted(SafeText.of(id, 120)));
            }
        }
        RangeCheck.within("filter.metadata.length", metadata.size(), 0, MAX_ENTRIES);
        metadata.forEach((name, value) -> checkText("filter.metadata", Optional.of(name + "=" + value)));
        checkText("filter.text", text);
        checkText("filter.error", error);
        checkText("filter.group", group);
        priority.ifPresent(level -> RangeCheck.within("filter.priority", level, 0, MAX_PRIORITY));
        olderThan.ifPresent(age -> RangeCheck.within("filter.olderThan", age, Duration.ZERO, MAX_AGE));
        boolean conditions = text.isPresent() || !metadata.isEmpty() || group.isPresent() || priority.isPresent()
                || olderThan.isPresent() || reason.isPresent() || error.isPresent();
        if (!ids.isEmpty() && conditions) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST, "filter.ids", "filter has ids and other conditions; send one of them");
        }
    }

    private static void checkText(String field, Optional<String> text) {
        text.ifPresent(part -> {
            RangeCheck.within(field + ".length", part.length(), 1, MAX_TEXT);
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(part)) {
                throw new QueueException(
                        ErrorCode.INVALID_REQUEST, field, "%s has half of a surrogate pair".formatted(field));
            }
        });
    }

    /** Whether every message matches. */
    public boolean all() {
        return equals(ALL);
    }

    /** @param now the time from which {@link #olderThan} counts */
    public boolean matches(MessageView message, Instant now) {
        return reason.isEmpty()
                && matches(
                        message.id(),
                        message.body(),
                        message.metadata(),
                        message.priority(),
                        message.lastError())
                && old(message.enqueuedAt(), now);
    }

    /** @param now the time from which {@link #olderThan} counts */
    public boolean matches(DeadLetter letter, Instant now) {
        return reason.filter(wanted -> wanted != letter.reason()).isEmpty()
                && matches(letter.id(), letter.body(), letter.metadata(), letter.priority(), letter.lastError())
                && old(letter.deadAt(), now);
    }

    private boolean old(Instant since, Instant now) {
        return olderThan.isEmpty() || !since.isAfter(now.minus(olderThan.get()));
    }

    private boolean matches(
            String id, Body body, Map<String, String> entries, int level, Optional<String> lastError) {
        return (ids.isEmpty() || ids.contains(id))
                && (priority.isEmpty() || priority.getAsInt() == level)
                && (group.isEmpty() || group.equals(ReservedMetadata.group(entries)))
                && entries.entrySet().containsAll(metadata.entrySet())
                && (error.isEmpty() || lastError.filter(whole -> whole.contains(error.get())).isPresent())
                && (text.isEmpty() || contains(body.bytes(), text.get()));
    }

    /** Compares bytes, each as one character, since a body need not be UTF-8. */
    private static boolean contains(byte[] body, String part) {
        String wanted = new String(part.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        return new String(body, StandardCharsets.ISO_8859_1).contains(wanted);
    }
}
