package dev.rowmq.push;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The {@code Retry-After} header (RFC 9110, section 10.2.3): seconds, or a date in one of the three forms of section
 * 5.6.7.
 */
final class RetryAfter {

    /** Longest delay; a longer one in the header is cut to this. */
    static final Duration MAX = Duration.ofDays(1);

    /** A two-digit year that appears to be more than 50 years in the future is in the past. */
    private static final int YEARS_AHEAD = 50;

    private static final DateTimeFormatter IMF_FIXDATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH);

    /** The day is padded with a blank. */
    private static final DateTimeFormatter ASCTIME =
            DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ENGLISH);

    private RetryAfter() {}

    /**
     * Returns the delay from {@code now}, 0s to {@link #MAX}; 0s for a date in the past and for a value that is neither
     * a number nor a date.
     */
    static Duration parse(String value, Instant now) {
        String text = value.strip();
        if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            String digits = text.replaceFirst("^0+(?=.)", "");
            return digits.length() > 9 ? MAX : shorter(Duration.ofSeconds(Long.parseLong(digits)), MAX);
        }
        return date(text, now)
                .map(date -> Duration.between(now, date))
                .filter(Duration::isPositive)
                .map(pause -> shorter(pause, MAX))
                .orElse(Duration.ZERO);
    }

    private static Optional<Instant> date(String text, Instant now) {
        DateTimeFormatter rfc850 = new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern("EEEE, dd-MMM-")
                .appendValueReduced(
                        ChronoField.YEAR, 2, 2, now.atZone(ZoneOffset.UTC).getYear() + YEARS_AHEAD - 99)
                .appendPattern(" HH:mm:ss 'GMT'")
                .toFormatter(Locale.ENGLISH);
        for (DateTimeFormatter form : List.of(IMF_FIXDATE, rfc850, ASCTIME)) {
            try {
                return Optional.of(LocalDateTime.parse(text, form).toInstant(ZoneOffset.UTC));
            } catch (DateTimeException another) {
                // the next form may fit
            }
        }
        return Optional.empty();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
