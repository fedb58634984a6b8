package dev.rowmq.store.move;

import java.io.PrintStream;
import java.time.Duration;

/** Shows the progress of a move: a bar that is redrawn on a terminal, and a line every few seconds elsewhere. */
final class MoveProgress {

    private static final int WIDTH = 30;
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(2);

    private final PrintStream out;
    private final boolean terminal = System.console() != null && System.console().isTerminal();
    private String table;
    private long total;
    private long first;
    private long last;
    private long began;
    private long shown;

    MoveProgress(PrintStream out) {
        this.out = out;
    }

    /** @param copied rows that an earlier run copied */
    void begin(String name, long copied, long rows) {
        table = name;
        total = rows;
        first = copied;
        last = copied;
        began = System.nanoTime();
        shown = began;
    }

    void copied(long rows) {
        last = rows;
        long now = System.nanoTime();
        if (now - shown > (terminal ? 100_000_000 : BETWEEN_LINES.toNanos())) {
            shown = now;
            show(terminal ? "\r" : "", terminal ? "" : "\n");
        }
    }

    void end() {
        show(terminal ? "\r" : "", "\n");
    }

    private void show(String before, String after) {
        double seconds = (System.nanoTime() - began) / 1e9;
        int filled = total == 0 ? WIDTH : (int) Math.min(WIDTH, WIDTH * last / total);
        out.printf(
                "%s%-16s [%s%s] %,d of %,d, %,.0f rows/s%s",
                before,
                table,
                "#".repeat(filled),
                "-".repeat(WIDTH - filled),
                last,
                total,
                seconds < 0.001 ? 0 : (last - first) / seconds,
                after);
        out.flush();
    }

    void compared(String name, long rows) {
        out.printf("%-16s %,d rows in both%n", name, rows);
    }
}
