package dev.rowmq.model.error;

import java.time.Duration;

/** Writes durations as a number and a unit: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 14d}. */
public final class DurationFormat {

    private static final long[] UNITS = {86_400_000, 3_600_000, 60_000, 1_000, 1};
    private static final String[] NAMES = {"d", "h", "m", "s", "ms"};

    private DurationFormat() {}

    /** Returns the shortest text with one unit, exact to the millisecond: {@code 90s}, not {@code 1m30s}. */
    public static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis == 0) {
            return "0s";
        }
        int unit = 0;
        while (millis % UNITS[unit] != 0) {
            unit++;
        }
        return millis / UNITS[unit] + NAMES[unit];
    }
}
