package dev.rowmq.store;

/**
 * What one set of a walk through messages did.
 *
 * @param messages how many were changed
 * @param last     the greatest position that was looked at; the next set goes on behind it
 * @param more     whether any message was found; when none was, the walk is over
 */
public record ScanStep(int messages, long last, boolean more) {

    public static ScanStep of(BulkStore.Step step) {
        return new ScanStep(step.messages(), step.last(), step.more());
    }
}
