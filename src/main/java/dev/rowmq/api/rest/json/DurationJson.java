package dev.rowmq.api.rest.json;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

import org.springframework.boot.convert.DurationStyle;

/** Parses a duration: a number with a unit ({@code 500ms}, {@code 30s}, {@code 14d}), or ISO 8601 ({@code PT30S}). */
public final class DurationJson {

    public static final String EXPECTED = "a duration such as 500ms, 30s, 5m, 14d or PT30S";

    private static final int MAX_LENGTH = 50;

    private static final Pattern FORM = Pattern.compile("\\+?-?[0-9]+[a-z]+|[+-]?[Pp].*");

    private DurationJson() {}

    /** Empty when the text is not a duration, or when its milliseconds exceed a long. */
    public static Optional<Duration> read(String text) {
        if (text.length() > MAX_LENGTH || !FORM.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            Duration duration = DurationStyle.detectAndParse(text);
            duration.toMillis();
            return Optional.of(duration);
        } catch (IllegalArgumentException | ArithmeticException noDuration) {
            return Optional.empty();
        }
    }
}
