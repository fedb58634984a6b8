package dev.rowmq.api.rest.task;

import dev.rowmq.api.http.mask.BodyMask;
import dev.rowmq.api.rest.json.DurationJson;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.task.MessageFilter;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.servlet.http.HttpServletRequest;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Chooses messages; those match that fulfil every condition that is given. */
@Schema(name = "MessageFilter")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FilterRequest(
        @Schema(description = "1 to 1000 ids, without any other condition") List<String> ids,
        @Schema(description = "1 to 1000 characters that the body has in it, as it is stored", example = "1042")
                String text,
        @Schema(description = "entries that the message has") Map<String, String> metadata,
        String group,
        Integer priority,
        @Schema(type = "string", example = "1h",
                        description = "time since the message was sent, or became a dead letter, up to 3650d")
                Duration olderThan,
        @Schema(allowableValues = {"max-deliveries", "expired"}, description = "why it became a dead letter")
                String reason,
        @Schema(description = "1 to 1000 characters that the last error has in it") String error) {

    private static final List<String> SINGLE =
            List.of("text", "group", "priority", "olderThan", "reason", "error");

    /** @throws QueueException OUT_OF_RANGE or INVALID_REQUEST */
    MessageFilter filter() {
        if (ids != null) {
            // an empty list is a mistake of its sender, and must not mean all messages
            RangeCheck.within("filter.ids.length", ids.size(), 1, 1000);
            refuseNull("filter.ids", ids);
        }
        if (metadata != null) {
            RangeCheck.within("filter.metadata.length", metadata.size(), 1, 10);
            refuseNull("filter.metadata", metadata.values());
        }
        if (Stream.of(ids, text, metadata, group, priority, olderThan, reason, error).allMatch(Objects::isNull)) {
            // a condition that its sender left empty must not mean all messages
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST, "filter", "filter has no condition; leave it out for all messages");
        }
        return new MessageFilter(
                ids == null ? List.of() : ids,
                Optional.ofNullable(text),
                metadata == null ? Map.of() : metadata,
                Optional.ofNullable(group),
                priority == null ? OptionalInt.empty() : OptionalInt.of(priority),
                Optional.ofNullable(olderThan),
                Optional.ofNullable(reason).map(FilterRequest::reason),
                Optional.ofNullable(error));
    }

    private static void refuseNull(String field, Collection<String> values) {
        if (values.stream().anyMatch(Objects::isNull)) {
            throw new QueueException(ErrorCode.INVALID_REQUEST, field, "%s has a null in it".formatted(field));
        }
    }

    /** The filter as the current caller may see it, with its first ten ids. */
    static FilterRequest of(MessageFilter filter) {
        return new FilterRequest(
                filter.ids().isEmpty() ? null : filter.ids().stream().limit(10).toList(),
                filter.text().map(text -> BodyMask.applies() ? "***" : text).orElse(null),
                filter.metadata().isEmpty() ? null : filter.metadata(),
                filter.group().orElse(null),
                filter.priority().isPresent() ? filter.priority().getAsInt() : null,
                filter.olderThan().orElse(null),
                filter.reason().map(DeadLetter.Reason::text).orElse(null),
                filter.error().orElse(null));
    }

    private static DeadLetter.Reason reason(String text) {
        return Arrays.stream(DeadLetter.Reason.values())
                .filter(reason -> reason.text().equals(text))
                .findFirst()
                .orElseThrow(() -> new QueueException(
                        ErrorCode.OUT_OF_RANGE,
                        "filter.reason",
                        "filter.reason is '%s'; allowed are max-deliveries and expired"
                                .formatted(SafeText.of(text, 50))));
    }

    /**
     * Reads the query parameters of {@link FilterParameters}, and {@code reason}.
     *
     * @throws QueueException OUT_OF_RANGE or INVALID_REQUEST; FORBIDDEN for a text in bodies that the caller does not
     *     see whole
     */
    public static MessageFilter ofQuery(HttpServletRequest request) {
        if (request.getParameter("text") != null && BodyMask.applies()) {
            throw new QueueException(
                    ErrorCode.FORBIDDEN,
                    "text",
                    "parts of bodies are masked for this API key, so it cannot search them");
        }
        for (String name : SINGLE) {
            String[] values = request.getParameterValues(name);
            if (values != null && values.length > 1) {
                throw new QueueException(
                        ErrorCode.INVALID_REQUEST, name, "%s is given %d times".formatted(name, values.length));
            }
        }
        boolean any = Stream.concat(SINGLE.stream(), Stream.of("metadata"))
                .anyMatch(name -> request.getParameter(name) != null);
        return !any ? MessageFilter.ALL : new FilterRequest(
                        null,
                        request.getParameter("text"),
                        request.getParameter("metadata") == null
                                ? null
                                : entries(request.getParameterValues("metadata")),
                        request.getParameter("group"),
                        priority(request.getParameter("priority")),
                        age(request.getParameter("olderThan")),
                        request.getParameter("reason"),
                        request.getParameter("error"))
                .filter();
    }

    private static Map<String, String> entries(String[] parameters) {
        Map<String, String> entries = new LinkedHashMap<>();
        for (String parameter : parameters) {
            int equals = parameter.indexOf('=');
            if (equals < 1) {
                throw invalid("metadata", parameter, "write it as name=value");
            }
            if (entries.put(parameter.substring(0, equals), parameter.substring(equals + 1)) != null) {
                throw invalid("metadata", parameter, "its name is given twice");
            }
        }
        return entries;
    }

    private static Integer priority(String text) {
        try {
            return text == null ? null : Integer.valueOf(text);
        } catch (NumberFormatException noNumber) {
            throw invalid("priority", text, "send a whole number");
        }
    }

    private static Duration age(String text) {
        return text == null
                ? null
                : DurationJson.read(text).orElseThrow(() ->
                        invalid("olderThan", text, "send " + DurationJson.EXPECTED));
    }

    private static QueueException invalid(String parameter, String text, String rule) {
        return new QueueException(
                ErrorCode.INVALID_REQUEST,
                parameter,
                "%s is '%s'; %s".formatted(parameter, SafeText.of(text, 100), rule));
    }
}
