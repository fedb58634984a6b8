package dev.rowmq.support;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for something that must come true within a time. */
public final class Eventually {

    private Eventually() {}

    public static void within(Duration time, String what, Callable<Boolean> condition) {
        long end = System.nanoTime() + time.toNanos();
        Exception last = null;
        while (System.nanoTime() < end) {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
                Thread.sleep(20);
            } catch (Exception failure) {
                last = failure;
            }
        }
        throw new AssertionError("not within " + time + ": " + what, last);
    }
}
