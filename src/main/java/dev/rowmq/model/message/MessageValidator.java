package dev.rowmq.model.message;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The rules that a message must meet to be accepted. */
public final class MessageValidator {

    static final int MAX_ID = 100;
    static final int MAX_ENTRIES = 10;
    static final int MAX_METADATA_BYTES = 64 * 1024;
    /** Characters of the name of a metadata entry. */
    public static final int MAX_NAME = 256;

    /**
     * Metadata that instrumentation adds by itself, and that does not count: W3C Trace Context
     * (https://www.w3.org/TR/trace-context/) and W3C Baggage (https://www.w3.org/TR/baggage/).
     */
    private static final Set<String> TRACE_ENTRIES = Set.of("traceparent", "tracestate", "baggage");

    private static final Pattern METADATA_NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
    private static final Pattern GROUP_TEXT = Pattern.compile("[!-~]{1,128}");
    private static final Pattern RESERVED_NAME = Pattern.compile("(?i)(aws|amazon|rowmq)\\..*");

    private MessageValidator() {}

    /** @throws QueueException whose text names the field, the value and the allowed range */
    public static void check(NewMessage message, Queue queue) {
        checkBody(message.body());
        message.id().ifPresent(MessageValidator::checkId);
        checkMetadata(message.metadata());
        message.reserved().forEach((name, value) -> checkValue("metadata." + name, name, value));
        checkTimes(message);
        checkGroup(message, queue);
        checkSize(message, queue);
    }

    private static void checkGroup(NewMessage message, Queue queue) {
        message.group().ifPresent(group -> checkGroupText("group", group));
        message.deduplicationId().ifPresent(id -> checkGroupText("deduplicationId", id));
        if (queue.settings().fifo().isPresent()) {
            if (message.group().isEmpty()) {
                throw invalid(
                        "group", "queue '%s' is a FIFO queue: each message needs a group".formatted(queue.name()));
            }
            if (message.delay().filter(Duration::isPositive).isPresent() || message.deliverAt().isPresent()) {
                throw invalid(
                        message.deliverAt().isPresent() ? "deliverAt" : "delay",
                        ("queue '%s' is a FIFO queue, where a message has no delay of its own; set the delay of the"
                                + " queue").formatted(queue.name()));
            }
        } else if (message.deduplicationId().isPresent()) {
            throw invalid("deduplicationId", "queue '%s' is no FIFO queue; give an id instead".formatted(queue.name()));
        }
    }

    /** Whether a text can be a message group or a deduplication id. */
    public static boolean isGroupText(String text) {
        return GROUP_TEXT.matcher(text).matches();
    }

    private static void checkGroupText(String field, String text) {
        if (!isGroupText(text)) {
            throw invalid(
                    field,
                    "%s is '%s'; allowed are 1 to 128 letters, digits and punctuation marks of ASCII, without spaces"
                            .formatted(field, SafeText.of(text, 150)));
        }
    }

    private static QueueException invalid(String field, String detail) {
        return new QueueException(ErrorCode.INVALID_REQUEST, field, detail);
    }

    private static void checkBody(Body body) {
        if (body.bytes().length == 0) {
            throw new QueueException(ErrorCode.EMPTY_BODY, "body", "the body is empty; it takes at least one byte");
        }
        if (body.kind() == Body.Kind.TEXT && !printableAscii(body.bytes())) {
            new String(body.bytes(), StandardCharsets.UTF_8)
                    .codePoints()
                    .filter(c -> !allowed(c))
                    .findFirst()
                    .ifPresent(c -> {
                        throw new QueueException(
                                ErrorCode.INVALID_CHARACTER,
                                "body",
                                "the body has the character U+%04X, which no text may have; send bytes as bodyBase64"
                                        .formatted(c));
                    });
        }
    }

    /** Whether all characters are allowed in a text, half a pair of surrogates being none. */
    public static boolean isText(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < 0x20 || text.charAt(i) >= 0xD800) {
                return text.codePoints().allMatch(MessageValidator::allowed);
            }
        }
        return true;
    }

    /** A quick test that accepts most texts without decoding them. */
    private static boolean printableAscii(byte[] bytes) {
        for (byte one : bytes) {
            if (one < 0x20) {
                return false;
            }
        }
        return true;
    }

    /** The characters that XML 1.0, section 2.2, allows, which are also those that Amazon SQS accepts. */
    private static boolean allowed(int c) {
        return c == 0x9
                || c == 0xA
                || c == 0xD
                || c >= 0x20 && c <= 0xD7FF
                || c >= 0xE000 && c <= 0xFFFD
                || c >= 0x10000;
    }

    static void checkId(String id) {
        if (!isId(id)) {
            throw invalid(
                    "id",
                    "id is '%s'; allowed are 1 to %d printable characters, and not only a dot or two"
                            .formatted(SafeText.of(id, 120), MAX_ID));
        }
        refuseGeneratedForm(id);
    }

    /** A producer must not use an id that the service may generate for a later message. */
    private static void refuseGeneratedForm(String id) {
        if (GeneratedId.key(id).isPresent()) {
            throw invalid(
                    "id",
                    ("id is '%s', which has the form of the ids that RowMQ generates; choose another id, or put a "
                            + "prefix before it")
                            .formatted(id));
        }
    }

    public static boolean isId(String id) {
        return !id.isEmpty()
                && id.length() <= MAX_ID
                && !id.equals(".")
                && !id.equals("..")
                && id.codePoints().allMatch(MessageValidator::printable);
    }

    private static boolean printable(int c) {
        int type = Character.getType(c);
        return type != Character.CONTROL
                && type != Character.FORMAT
                && type != Character.SURROGATE
                && !isNoncharacter(c)
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR;
    }

    /** Whether the code point will never be a character (Unicode 16, section 23.7). */
    private static boolean isNoncharacter(int c) {
        return (c & 0xfffe) == 0xfffe || c >= 0xfdd0 && c <= 0xfdef;
    }

    public static boolean isMetadataName(String name) {
        return name.length() <= MAX_NAME && METADATA_NAME.matcher(name).matches();
    }

    /** Whether producers may not use this name for metadata. */
    public static boolean isReservedName(String name) {
        return RESERVED_NAME.matcher(name).matches();
    }

    /** Number of these names that are not those of a trace. */
    public static long untraced(Set<String> names) {
        return names.stream().filter(name -> !TRACE_ENTRIES.contains(name)).count();
    }

    private static void checkMetadata(Map<String, String> metadata) {
        if (metadata.size() > MAX_ENTRIES && untraced(metadata.keySet()) > MAX_ENTRIES) {
            throw attribute(
                    "metadata",
                    "metadata has %d entries; allowed are 0 to %d, beside traceparent, tracestate and baggage"
                            .formatted(untraced(metadata.keySet()), MAX_ENTRIES));
        }
        metadata.forEach((name, value) -> {
            String field = "metadata." + SafeText.of(name, 60);
            if (!isMetadataName(name)) {
                throw attribute(
                        field,
                        "'%s' is no name for metadata; allowed are 1 to %d of A-Z a-z 0-9 _ - and single dots between"
                                .formatted(SafeText.of(name, 100), MAX_NAME));
            }
            if (isReservedName(name)) {
                throw attribute(
                        field, "'%s': names that begin with aws., amazon. or rowmq. are reserved".formatted(name));
            }
            checkValue(field, name, value);
        });
    }

    private static void checkValue(String field, String name, String value) {
        if (value == null || value.isEmpty() || !isText(value)) {
            throw attribute(
                    field, "the value of '%s' is null, empty or has a character that no text may have".formatted(name));
        }
    }

    private static QueueException attribute(String field, String detail) {
        return new QueueException(ErrorCode.INVALID_ATTRIBUTE, field, detail);
    }

    private static void checkTimes(NewMessage message) {
        if (message.delay().isPresent() && message.deliverAt().isPresent()) {
            throw invalid("deliverAt", "delay and deliverAt exclude each other; send one of them");
        }
        message.delay()
                .ifPresent(delay -> RangeCheck.within("delay", delay, Duration.ZERO, QueueSettings.MAX_DELAY));
        message.deliverAt().ifPresent(MessageValidator::checkDeliverAt);
        message.ttl().ifPresent(ttl -> RangeCheck.within("ttl", ttl, Duration.ofSeconds(1), Duration.ofDays(365)));
    }

    /** Uses this machine's clock: the bound only catches mistakes, and no other code depends on it. */
    private static void checkDeliverAt(Instant at) {
        Instant latest = Instant.now().plus(QueueSettings.MAX_DELAY);
        if (at.isAfter(latest) || at.isBefore(Instant.EPOCH)) {
            throw new QueueException(
                    ErrorCode.OUT_OF_RANGE,
                    "deliverAt",
                    "deliverAt is %s; allowed is %s to 365d from now, and a past time means at once"
                            .formatted(at, Instant.EPOCH));
        }
    }

    private static void checkSize(NewMessage message, Queue queue) {
        long metadata = 0;
        for (Map.Entry<String, String> entry : message.allMetadata().entrySet()) {
            metadata += entry.getKey().length() + (long) entry.getValue().getBytes(StandardCharsets.UTF_8).length;
        }
        if (metadata > MAX_METADATA_BYTES) {
            throw attribute(
                    "metadata", "metadata has %d bytes; allowed are 0 to %d".formatted(metadata, MAX_METADATA_BYTES));
        }
        long size = message.body().bytes().length + metadata;
        if (size > queue.settings().maxMessageSize()) {
            throw new QueueException(
                    ErrorCode.MESSAGE_TOO_LARGE,
                    "body",
                    "body and metadata are %d bytes; queue '%s' takes up to %d (maxMessageSize)"
                            .formatted(size, queue.name(), queue.settings().maxMessageSize()));
        }
    }

    /**
     * @throws QueueException when the error text stored with a message is longer than 1000 characters or has a
     *     character that is not allowed
     */
    public static void checkError(Optional<String> error) {
        error.ifPresent(text -> {
            RangeCheck.within("error.length", text.length(), 0, 1000);
            if (!text.codePoints().allMatch(MessageValidator::allowed)) {
                throw new QueueException(
                        ErrorCode.INVALID_CHARACTER, "error", "error has a character that no text may have");
            }
        });
    }
}
