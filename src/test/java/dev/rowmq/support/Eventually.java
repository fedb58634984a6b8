package dev.rowmq.support;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for a condition that must become true within a time limit. */
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
